"""`kis-xl simulator`: a simulated KIS server on this machine, for trying things out in another window."""

from __future__ import annotations

import math

import click

from kis_xl.fields import Environment
from kis_xl.language import Text
from kis_xl.simulator import Fault, Limits, Simulator, demo_account, parse_fault

_MOST_ROWS = 100_000
_MOST_SEED = 9_999


def _finite(_ctx: click.Context, _option: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter(str(value))
    return value


def _read_faults(_ctx: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[Fault, ...]:
    try:
        return tuple(parse_fault(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(
    help=Text(
        "모의 KIS 서버를 이 컴퓨터에서 실행합니다. 먼저 접속에 쓸 환경 변수(가짜 키)를 출력하고, Ctrl-C 로 끝낼 때까지 응답합니다.",
        "Run a simulated KIS server on this machine. It prints the environment variables (made-up keys) that point kis-xl at it, "
        "then answers until Ctrl-C.",
    ).in_()
)
@click.option(
    "--rows", type=click.IntRange(0, _MOST_ROWS), default=120, show_default=True, help=Text("보유종목 행의 수", "how many holdings").in_()
)
@click.option(
    "--seed",
    type=click.IntRange(1, _MOST_SEED),
    default=1,
    show_default=True,
    help=Text("이 수가 같으면 잔고도 같습니다", "the same number makes the same account").in_(),
)
@click.option(
    "--environment",
    type=click.Choice([environment.key for environment in Environment]),
    default=Environment.REAL.key,
    show_default=True,
    help=Text("환경 변수를 출력할 계좌의 환경", "whose account's variables are printed").in_(),
)
@click.option(
    "--port-real", type=click.IntRange(0, 65535), default=0, help=Text("실전 포트 (0: 빈 포트)", "real port (0: a free one)").in_()
)
@click.option(
    "--port-mock", type=click.IntRange(0, 65535), default=0, help=Text("모의 포트 (0: 빈 포트)", "mock port (0: a free one)").in_()
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    callback=_read_faults,
    metavar="[PATH@]N[xTIMES]=KIND",
    help=Text(
        "N번째 호출에 일으킬 장애, 여러 번 지정 가능: 3=EGW00201, token@1=EGW00133, 2x5=http:503",
        "what goes wrong on call N, may be repeated: 3=EGW00201, token@1=EGW00133, 2x5=http:503",
    ).in_(),
)
@click.option(
    "--latency",
    type=click.FloatRange(0, 3600),
    callback=_finite,
    default=0.0,
    show_default=True,
    help=Text("응답마다 걸리는 시간(초)", "seconds that each answer takes").in_(),
)
@click.option("--no-limits", is_flag=True, help=Text("호출 제한을 끕니다", "switch the limits on calls and tokens off").in_())
def simulator(
    rows: int,
    seed: int,
    environment: str,
    port_real: int,
    port_mock: int,
    faults: tuple[Fault, ...],
    latency: float,
    no_limits: bool,
) -> None:
    """Run the server."""
    running = Simulator(
        accounts=[demo_account(each, rows, seed) for each in Environment],
        limits=Limits.off() if no_limits else Limits(),
        faults=faults,
        latency=latency,
        port_real=port_real,
        port_mock=port_mock,
    )
    try:
        running.start()
    except OSError as error:
        shown = error.strerror or str(error)
        raise click.UsageError(Text(f"포트를 열 수 없습니다: {shown}", f"cannot open the port: {shown}").in_()) from None
    try:
        for line in _variables(running, Environment.of(environment)):
            click.echo(line)
        running.wait()
    except KeyboardInterrupt:
        # the way it is meant to end
        pass
    finally:
        running.stop()


def _variables(running: Simulator, environment: Environment) -> list[str]:
    """What points kis-xl at the running server, one variable a line."""
    account = running.account(environment)
    return [
        f"KIS_XL_ACCOUNT={account.number}",
        f"KIS_XL_APPKEY={account.appkey}",
        f"KIS_XL_APPSECRET={account.appsecret}",
        f"KIS_XL_ENV={environment.key}",
        f"KIS_XL_BASE_URL={running.url(environment)}",
    ]
