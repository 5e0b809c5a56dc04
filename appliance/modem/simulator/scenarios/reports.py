"""Scenarios of delivery reports (23.040 clauses 9.2.2.3, 9.2.3.15)."""

from appliance.modem.simulator.report_habits import ReportHabits
from appliance.modem.simulator.scenarios.registry import ScenarioError, scenario
from appliance.modem.simulator.scenarios.stage import Scene

STILL_TRYING = range(0x20, 0x40)
NATIONAL = ("national", False, "the recipient stands in the report without its country code")


def _set(scene: Scene, habits: ReportHabits) -> None:
    sim = scene.modem.sim
    if sim is None:
        raise ScenarioError("modem", f"there is no card in {scene.modem.name}")
    all_habits = scene.stage.network.report_habits
    all_habits[sim.msisdn] = habits
    scene.on_calm(lambda: all_habits.pop(sim.msisdn, None))


@scenario(
    "dlr-storm",
    "reports are held back and come all at once, the last one first",
    ("hold_ms", 5000, "how long after the first of them"),
    NATIONAL,
)
def storm(scene: Scene) -> None:
    """A service centre that had to be restarted."""
    _set(scene, ReportHabits(hold_s=scene.seconds("hold_ms"), national=scene.flag("national")))


@scenario(
    "dlr-early",
    "the report comes before +CMGS and OK of its own message",
    ("answer_ms", 300, "how much later the answer comes"),
    NATIONAL,
)
def early(scene: Scene) -> None:
    """A fast handset and a slow modem."""
    _set(scene, ReportHabits(delay_s=0.0, national=scene.flag("national")))
    modem, before = scene.modem, scene.modem.answer_delay_s
    modem.mischief.indicates_at_once = True
    modem.answer_delay_s = scene.seconds("answer_ms")

    def quick() -> None:
        modem.answer_delay_s = before

    scene.on_calm(quick)


@scenario("dlr-twice", "every report comes twice", ("again_ms", 1000, "how much later"), NATIONAL)
def twice(scene: Scene) -> None:
    """A service centre that did not hear the acknowledgement."""
    _set(scene, ReportHabits(again_after_s=scene.seconds("again_ms"), national=scene.flag("national")))


@scenario(
    "dlr-interim",
    "first a report that the network still tries, then the true one",
    ("status", 0x30, "TP-ST of the first (32 to 63)"),
    ("final_ms", 2000, "how much later the true one comes"),
    NATIONAL,
)
def interim(scene: Scene) -> None:
    """A telephone that is switched off for a while."""
    if scene.number("status") not in STILL_TRYING:
        raise ScenarioError("status", "status must be between 32 and 63: still trying")
    habits = ReportHabits(
        interim=scene.number("status"),
        final_after_s=scene.seconds("final_ms"),
        national=scene.flag("national"),
    )
    _set(scene, habits)
