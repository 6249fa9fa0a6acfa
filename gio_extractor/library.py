"""What `import extractor` offers a program."""

from workers.library import AsyncClient as AsyncClient
from workers.library import Client as Client
from workers.library import Document as Document
from workers.library import Job as Job
from workers.library import Results as Results
from workers.library import open_results as open_results
from workers.library import read as read
from workers.library import stream as stream
