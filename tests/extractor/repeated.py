"""A form's table that may come again in one report, for whoever prints it several times."""

#: Its text in a form file, below `tables:`.
BALANCE = """\
- id: balance
  title: 收支情况表
  repeats: true
  blocks:
  - field: 'balance.{row}'
    label_columns: [项目]
    columns: [{id: amount, label: 决算数}]
    rows:
    - {id: income, label: 财政拨款收入}
    - {id: own, label: 事业收入}
    - {id: all, label: 收入合计}
"""
