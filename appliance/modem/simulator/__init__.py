"""A bank of simulated GSM modems over ptys, one simulated network between them, and handsets for every other number.

It stands for the outside world: it shares nothing with the driver but the SMS codec (`appliance.modem.sms`), so that
a misreading of 27.005 on one side is not repeated on the other.

`bank.py` puts the parts together; `terminal.py` is the AT line of one modem (bytes in, bytes out, no I/O), `modem.py`
its state,
`commands/` the commands by standard, `network.py` the network, `handsets.py` the telephones, `ledger.py` the record
that tests count from,
`control.py` the socket that tests and the handset page speak to, `ptyline.py` the only file that touches a tty.
"""
