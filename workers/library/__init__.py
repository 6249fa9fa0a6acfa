"""What `import extractor` offers a program: documents read here or by a service, and the results of an archive."""

from workers.library.documents import Document as Document
from workers.library.documents import Results as Results
from workers.library.documents import open_results as open_results
from workers.library.jobs import Job as Job
from workers.library.reading import read as read
from workers.library.reading import stream as stream
from workers.library.services import AsyncClient as AsyncClient
from workers.library.services import Client as Client
