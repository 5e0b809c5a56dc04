"""What the web process needs to know; ``simloft web`` fills it from the settings of the box."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from appliance.desk.outbox import OutboxRules
from appliance.desk.submit import Rules
from appliance.desk.upkeep_round import UpkeepRules
from appliance.policy.balance import BalanceRules
from appliance.policy.keep_alive import KeepAliveRules
from appliance.policy.plan import Plan
from appliance.web.gateway import Limits
from appliance.web.listener import Listener
from appliance.web.tls_rules import TlsRules


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunRules:
    """``[aliyun]`` of the settings."""

    clock_skew_min: int = 720
    pass_through: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Frozen at the start of the process; paths are absolute."""

    database: Path
    doorbell: Path
    bank_control: Path
    first_api_key: Path
    """Where the first key was left; only its path is shown."""
    host: str = "0.0.0.0"
    port: int = 8080
    """0 takes a free one."""
    simulated: bool = False
    """Whether the bank of simulated modems runs, so that there are handsets to show."""
    time_zone: str = "Asia/Shanghai"
    rules: Rules = field(default_factory=Rules)
    plan: Plan = field(default_factory=Plan)
    """The limits of each SIM that has none of its own."""
    balance: BalanceRules = field(default_factory=BalanceRules)
    keep_alive: KeepAliveRules = field(default_factory=KeepAliveRules)
    upkeep: UpkeepRules = field(default_factory=UpkeepRules)
    limits: Limits = field(default_factory=Limits)
    listeners: tuple[Listener, ...] = ()
    """Addresses beside the main one."""
    tls: TlsRules | None = None
    """How HTTPS is answered; None: not at all."""
    outbox: OutboxRules = field(default_factory=OutboxRules)
    aliyun: AliyunRules = field(default_factory=AliyunRules)
    is_sandbox: bool = False
    sandbox: WebSettings | None = None
    """Those of the second box, to which keys of the sandbox come; None in the sandbox itself."""

    @property
    def data(self) -> Path:
        """The directory of the box, where everything of it is."""
        return self.database.parent
