"""Commands note which law files they have run: in a folder of the tests, and not in that of the developer."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def state(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
