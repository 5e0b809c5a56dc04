"""A bank of simulated GSM modems over ptys, one simulated network between them, and a handset for every other number.

It stands for the outside world: it shares nothing with the driver but the SMS codec (`appliance.modem.sms`), so that a
misreading of 27.005 on one side is not repeated on the other.

`bank.py` puts the parts together; `terminal.py` is the AT line of one modem (octets in, octets out, no I/O), `modem.py`
its state, `message_desk.py` its messages, `commands/` the commands by standard, `profiles/` the makes; `network.py` and
`service_centre.py` are the network, `handsets.py` the telephones, `ledger.py` the record that tests count from,
`faults.py` what goes wrong on purpose, `control.py` the socket that tests and the handset page speak to, and
`ptyline.py` the only file that touches a tty.
"""
