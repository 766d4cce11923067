import socket


def test_a_port_that_is_taken_is_reported_with_what_to_do(on_warehouse):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, problem = on_warehouse("dashboard", "--no-open", "--port", port)
    assert code == 2
    assert f"Cannot listen on 127.0.0.1, port {port}" in problem
    assert "Choose another --port" in problem


def test_an_address_that_this_machine_does_not_have_is_reported(on_warehouse):
    code, _, problem = on_warehouse("dashboard", "--no-open", "--host", "203.0.113.7")
    assert code == 2
    assert "Cannot listen on 203.0.113.7" in problem
