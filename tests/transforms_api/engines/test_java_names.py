from unittest.mock import MagicMock

import pytest
from py4j.java_gateway import JavaMember, JavaPackage

from transforms_api.engines.spark.jvm import keeping

CLIENT = MagicMock()
FUNCTIONS = JavaMember("functions", container=None, target_id="z:functions", gateway_client=CLIENT)


class Owner:
    """Replaces a view of the JVM and counts its look-ups."""

    def __init__(self, names):
        self.asked, self._names = 0, names

    def look_up(self, name):
        self.asked += 1
        return self._names[name]

    __getattr__ = keeping(look_up)


def package(name):
    return JavaPackage(name, gateway_client=CLIENT)


def test_a_class_or_a_method_is_looked_up_once():
    owner = Owner({"functions": FUNCTIONS})
    assert (owner.functions, owner.functions, owner.asked) == (FUNCTIONS, FUNCTIONS, 1)


def test_a_package_is_looked_up_once():
    owner = Owner({"org": package("org")})
    assert (owner.org is owner.org, owner.asked) == (True, 1)


def test_a_class_that_does_not_exist_yet_is_looked_up_again_since_its_jar_may_be_added():
    names = {"Later": package("Later")}
    owner = Owner(names)
    assert isinstance(owner.Later, JavaPackage)
    names["Later"] = FUNCTIONS
    assert owner.Later == FUNCTIONS


def test_a_field_is_read_each_time_since_its_value_may_change():
    names = {"counter": 1}
    owner = Owner(names)
    assert owner.counter == 1
    names["counter"] = 2
    assert owner.counter == 2


def test_an_unknown_name_is_an_error_each_time():
    owner = Owner({})
    for _ in range(2):
        with pytest.raises(KeyError):
            _ = owner.missing
    assert owner.asked == 2
