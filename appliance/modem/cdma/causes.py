"""Why a CDMA network refused a message: SMS_CauseCode of TIA-41 (N.S0005 §6.5.2.125), which ``^HCMGSF`` tells.

Each is said in the number of TS 27.005 that means the same, so that the rest of the house has one table of errors.
"""

from __future__ import annotations

from appliance.modem.at.syntax import number, values
from appliance.modem.errors import ModemError, modem_error

_AS_CMS = {
    # network problems
    0: 1,  # address vacant: unassigned number
    1: 1,  # address translation failure
    2: 42,  # network resource shortage: congestion
    3: 38,  # network failure: network out of order
    4: 128,  # invalid teleservice: telematic interworking not supported
    5: 41,  # other network problem: temporary failure
    # terminal problems
    32: 331,  # no page response: no network service
    33: 42,  # destination busy
    34: 41,  # no acknowledgement
    35: 47,  # destination resource shortage: resources unavailable
    36: 41,  # delivery postponed
    37: 27,  # destination out of service: destination out of order
    38: 1,  # destination no longer at this address
    39: 27,  # other terminal problem
    # radio interface problems
    64: 47,  # resource shortage
    65: 41,  # incompatibility
    66: 41,  # other
    # general problems
    96: 96,  # encoding: invalid mandatory information
    97: 8,  # origination denied: operator determined barring
    98: 196,  # termination denied: destination SME barred
    99: 69,  # supplementary service not supported: requested facility not implemented
    100: 50,  # SMS not supported: requested facility not subscribed
    101: 96,  # missing expected parameter
    102: 96,  # missing mandatory parameter
    103: 95,  # unrecognised parameter value: semantically incorrect message
    104: 95,  # unexpected parameter value
    105: 111,  # user data size: protocol error
}


def refused_by_network(line: str) -> ModemError:
    """What ``^HCMGSF: <cause>`` means; a cause that is in no table is the network's fault, for now."""
    fields = values(line)
    cause = number(fields[0]) if fields else None
    return modem_error(f"+CMS ERROR: {_AS_CMS.get(-1 if cause is None else cause, 41)}")
