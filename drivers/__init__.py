"""Instruments: one port per wire, questions as data, errors that say what happened.

``async with SerialPort("/dev/ttyUSB0", 9600) as port: print(await port.ask("*IDN?"))``
"""

from iocbridge_layout import check

check("drivers")

from drivers.backoff import Backoff
from drivers.errors import BadReply, Disabled, DriverError, LinkDown, Refused, ReplyTimeout, UsageError
from drivers.http.port import HttpPort
from drivers.http.questions import VALUE, Command, Events, Get, Patch, Post, Push, Pushed, Put, Query
from drivers.line.checksums import Checksum
from drivers.line.conversation import Conversation
from drivers.line.frames import Checked, Enclosed, Fixed, LengthPrefixed
from drivers.line.framing import Damaged, Framing
from drivers.line.port import LinePort
from drivers.line.ports import ListenPort, Rfc2217Port, SerialPort, TcpPort, UdpPort, UnixPort
from drivers.line.questions import Ask, Hear, Tell
from drivers.modbus.ports import ModbusAsciiPort, ModbusRtuPort, ModbusTcpPort, ModbusUdpPort
from drivers.modbus.registers import (
    BCD16,
    BCD32,
    FLOAT32,
    FLOAT64,
    INT16,
    INT16SM,
    INT32,
    INT64,
    SBCD16,
    SBCD32,
    STRING,
    UINT16,
    UINT32,
    UINT64,
    Coil,
    Discrete,
    Holding,
    Input,
)
from drivers.port import Point, Port
from drivers.reading import Reading
from drivers.transports.base import Transport
from drivers.transports.memory import MemoryTransport
from drivers.transports.serial import Rs485, SerialTransport
from drivers.transports.tcp import TcpTransport
from drivers.transports.udp import UdpTransport
from drivers.turns import Priority

__all__ = [
    "BCD16",  # types of Modbus registers
    "BCD32",
    "FLOAT32",
    "FLOAT64",
    "INT16",
    "INT16SM",
    "INT32",
    "INT64",
    "SBCD16",
    "SBCD32",
    "STRING",
    "UINT16",
    "UINT32",
    "UINT64",
    "VALUE",  # where the value goes in a JSON body
    "Ask",  # a line to send, and what its reply means
    "Backoff",  # how long to wait before trying again
    "BadReply",  # error: it answered, but not what was asked for
    "Checked",  # framing: another, with a checksum
    "Checksum",
    "Coil",  # a Modbus coil
    "Command",  # a write by HTTP GET
    "Conversation",  # several messages with the wire to oneself
    "Damaged",  # a message that a framing found spoilt
    "Disabled",  # error: somebody has disabled the port
    "Discrete",  # a Modbus discrete input
    "DriverError",  # any failure of a port
    "Enclosed",  # framing: between start and end
    "Events",  # how an HTTP instrument speaks by server-sent events
    "Fixed",  # framing: always so many bytes
    "Framing",  # where messages end, for wires with rules of their own
    "Get",  # a value of a JSON answer
    "Hear",  # lines that come unasked
    "Holding",  # Modbus holding registers
    "HttpPort",  # HTTP with JSON
    "Input",  # Modbus input registers
    "LengthPrefixed",  # framing: the length in front
    "LinePort",  # lines of text over any transport
    "LinkDown",  # error: the wire is not there
    "ListenPort",  # lines over TCP, from an instrument that dials in
    "MemoryTransport",  # a wire without a wire, for tests
    "ModbusAsciiPort",  # Modbus ASCII on a serial line
    "ModbusRtuPort",  # Modbus on a serial line
    "ModbusTcpPort",  # Modbus TCP
    "ModbusUdpPort",  # Modbus by datagrams
    "Patch",  # a write by HTTP PATCH
    "Point",  # a question bound to its port
    "Port",  # one wire, kept up
    "Post",  # a write by HTTP POST
    "Priority",  # who goes first on a wire
    "Push",  # how an HTTP instrument speaks unasked
    "Pushed",  # a value that it pushes
    "Put",  # a write by HTTP PUT
    "Query",  # a value of the JSON answer to a POST
    "Reading",  # a value and its time
    "Refused",  # error: it said no to a write
    "ReplyTimeout",  # error: no reply in time
    "Rfc2217Port",  # lines over the serial line of a device server
    "Rs485",  # how a serial driver switches direction
    "SerialPort",  # lines over a serial device
    "SerialTransport",
    "TcpPort",  # lines over TCP
    "TcpTransport",
    "Tell",  # a line to send with a value in it
    "Transport",  # what carries bytes
    "UdpPort",  # lines in datagrams
    "UdpTransport",
    "UnixPort",  # lines over a UNIX socket
    "UsageError",  # error: mend your code
]
