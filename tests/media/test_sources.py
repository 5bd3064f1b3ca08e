"""Addresses and passwords of cameras stay inside the gateway, sealed."""

import json
import stat

import pytest

from bonghwa.cli import gateway as command
from bonghwa.media.enrolment import NotEnrolled, enrol, from_b64url, hub_key, own_key
from bonghwa.media.rtsp import Source
from bonghwa.media.rtsp_wire import Credentials
from bonghwa.media.sources import SourcesMalformed, import_sources, load_sources

RECORD = {"camera": "cam1", "url": "rtsp://10.9.8.7:554/live", "username": "admin", "password": "s3cret-pass"}


def test_imported_sources_come_back_and_nothing_on_disk_shows_them(tmp_path):
    assert import_sources(tmp_path, "gw1", [RECORD]) == 1
    assert load_sources(tmp_path, "gw1") == {"cam1": Source(**RECORD)}
    for path in (tmp_path / "gateways/gw1").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"s3cret-pass" not in path.read_bytes()
        assert b"10.9.8.7" not in path.read_bytes()


def test_a_second_stream_and_the_transport_are_kept_and_hidden_as_the_first(tmp_path):
    record = {**RECORD, "small_url": "rtsp://10.9.8.7:554/small", "transport": "auto"}
    import_sources(tmp_path, "gw1", [record])
    source = load_sources(tmp_path, "gw1")["cam1"]
    assert (source.small.url, source.small.password, source.small.transport) == (record["small_url"], "s3cret-pass", "auto")
    assert source.small.small is None
    assert "10.9.8.7" not in repr(source) + repr(source.small)
    assert Source(**RECORD).small is None


def test_no_repr_shows_an_address_or_a_password():
    shown = repr(Source(**RECORD)) + repr(Credentials("admin", "s3cret-pass"))
    assert not any(secret in shown for secret in ("10.9.8.7", "admin", "s3cret-pass"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"camera": ""}, r"sources\[0\]\.camera"),
        ({"url": "http://10.9.8.7/s3cret-pass"}, r"sources\[0\]\.url"),
        ({"url": "rtsp://u:s3cret-pass@10.9.8.7/"}, r"sources\[0\]\.url"),
        ({"url": "rtsp://10.9.8.7:99999/s3cret-pass"}, r"sources\[0\]\.url"),
        ({"password": 7}, r"sources\[0\]\.password"),
        ({"password": "a\r\nb"}, r"sources\[0\]\.password"),
        ({"pasword": "x"}, r"sources\[0\]\.pasword"),
        ({"small_url": "rtsp://10.9.8.6/s3cret-pass"}, r"sources\[0\]\.small_url"),
        ({"small_url": "http://10.9.8.7/s3cret-pass"}, r"sources\[0\]\.small_url"),
        ({"transport": "s3cret-pass"}, r"sources\[0\]\.transport"),
        ({"transport": None}, r"sources\[0\]\.transport"),
    ],
)
def test_a_wrong_record_is_refused_by_field_without_its_secret(tmp_path, change, field):
    with pytest.raises(SourcesMalformed, match=field) as refused:
        import_sources(tmp_path, "gw1", [{**RECORD, **change}])
    assert "s3cret" not in str(refused.value)
    assert load_sources(tmp_path, "gw1") == {}


def test_a_camera_given_twice_is_refused_and_the_old_sources_stay(tmp_path):
    import_sources(tmp_path, "gw1", [RECORD])
    with pytest.raises(SourcesMalformed, match=r"sources\[1\]\.camera"):
        import_sources(tmp_path, "gw1", [RECORD, RECORD])
    assert list(load_sources(tmp_path, "gw1")) == ["cam1"]


def test_a_damaged_sources_file_opens_nothing(tmp_path):
    import_sources(tmp_path, "gw1", [RECORD])
    path = tmp_path / "gateways/gw1/sources.enc"
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(SourcesMalformed, match="damaged"):
        load_sources(tmp_path, "gw1")


def test_enrolment_makes_one_key_and_keeps_it(tmp_path):
    public = enrol(tmp_path, "gw1")
    assert enrol(tmp_path, "gw1") == public
    assert own_key(tmp_path, "gw1").public_key().public_bytes_raw() == from_b64url(public)
    assert stat.S_IMODE((tmp_path / "gateways/gw1/enrol.key").stat().st_mode) == 0o600


def test_a_gateway_that_is_not_enrolled_says_what_is_missing(tmp_path):
    with pytest.raises(NotEnrolled, match=r"enrol\.key"):
        own_key(tmp_path, "gw1")
    enrol(tmp_path, "gw1")
    with pytest.raises(NotEnrolled, match=r"hub\.pub"):
        hub_key(tmp_path, "gw1")
    (tmp_path / "gateways/gw1/hub.pub").write_text("AAAA")
    with pytest.raises(NotEnrolled, match="32 bytes"):
        hub_key(tmp_path, "gw1")


def test_a_name_cannot_leave_the_data_folder(tmp_path):
    with pytest.raises(ValueError, match="name"):
        enrol(tmp_path, "../other")


def test_the_command_imports_a_file_and_names_the_wrong_field(tmp_path, capsys):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps({"version": 1, "sources": [RECORD]}))
    bad.write_text(json.dumps({"version": 2, "sources": []}))
    where = ["--name", "gw1", "--data", str(tmp_path)]
    assert command.run(["sources", "import", str(good), *where]) == 0
    assert command.run(["sources", "import", str(bad), *where]) == 1
    said = capsys.readouterr()
    assert said.out == "1 sources\n"
    assert "version" in said.err
    assert command.run(["enrol", *where]) == 0
    assert len(from_b64url(capsys.readouterr().out.strip())) == 32
