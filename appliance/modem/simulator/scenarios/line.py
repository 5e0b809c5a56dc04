"""Scenarios of the line itself: chatter, lost prompts, echoes, silence, and a modem that behaves again."""

from appliance.modem.simulator.scenarios.registry import scenario
from appliance.modem.simulator.scenarios.stage import Scene

DEFAULT_CHATTER = ("+CIEV: 2,4", "+CIEV: 5,1")


@scenario("calm", "the modem behaves again: everything that other scenarios set is taken back")
def calm(scene: Scene) -> None:
    """The theatre has run the endings; what is left are states."""
    scene.stage.faults.clear(scene.modem.name)
    scene.modem.mischief.end()
    scene.modem.mouth.chunk = 0
    scene.modem.recover()


@scenario(
    "chatty",
    "unsolicited lines between any two bytes that the standards allow, and reads cut anywhere",
    ("every_ms", 200, "pause between unsolicited lines while nothing is asked"),
    ("chunk", 7, "octets that are written at a time; 0: whole answers"),
)
def chatty(scene: Scene) -> None:
    """Before an echo, before an answer, between entries of +CMGL, before the final result; never at the prompt."""
    modem = scene.modem
    modem.mischief.interjections = modem.profile.quirks.chatter or DEFAULT_CHATTER
    modem.mouth.chunk = scene.number("chunk")

    def say() -> None:
        if modem.is_on and (text := modem.mischief.interject()) is not None:
            modem.terminal.unsolicited(text)

    scene.repeat(max(0.001, scene.seconds("every_ms")), say)


@scenario(
    "slow-prompt",
    "the prompt of +CMGS comes late",
    ("delay_ms", 8000, "how long the terminal waits for `> `"),
)
def slow_prompt(scene: Scene) -> None:
    """`> ` comes after a while."""
    scene.modem.mischief.prompt_delay_s = scene.seconds("delay_ms")


@scenario("no-prompt", "the prompt of +CMGS never comes, though the modem takes text until ESC or Ctrl-Z")
def no_prompt(scene: Scene) -> None:
    """What is typed is text of the body, unseen."""
    scene.modem.mischief.prompt_delay_s = None


@scenario("echo-body", "echoes the PDU after the prompt even with ATE0")
def echo_body(scene: Scene) -> None:
    """Stays so over ATZ."""
    scene.modem.mischief.echo_body = scene.modem.line.echo_body = True


@scenario(
    "mute",
    "hangs: answers nothing, and takes nothing from the line",
    ("for_ms", 0, "how long; 0: until calm, or until it is without power"),
    ("reads", False, "still swallows what is written, so that a writer notices nothing"),
)
def mute(scene: Scene) -> None:
    """A firmware that has crashed."""
    stage, modem = scene.stage, scene.modem
    duration_s = scene.seconds("for_ms")
    modem.hang(duration_s or None)
    if not scene.flag("reads"):
        stage.stop_reading(modem.name, stopped=True)
        scene.on_calm(lambda: stage.stop_reading(modem.name, stopped=False))
        if duration_s:
            scene.after(duration_s, lambda: stage.stop_reading(modem.name, stopped=False))


@scenario("text-only", "refuses PDU mode, as old CDMA modems do")
def text_only(scene: Scene) -> None:
    """+CMGF=0 is an ERROR, and text mode stands after power-up."""
    scene.modem.mischief.text_only = True
    scene.modem.messages.settings.pdu_mode = False
