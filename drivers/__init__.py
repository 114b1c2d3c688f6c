"""Instruments: one port per wire, questions as data, errors that say what happened.

``async with SerialPort("/dev/ttyUSB0", 9600) as port: print(await port.ask("*IDN?"))``
"""

from iocbridge_layout import check

check("drivers")

from drivers.errors import BadReply, DriverError, LinkDown, Refused, ReplyTimeout, UsageError
from drivers.http import HttpPort
from drivers.httpquestions import VALUE, Command, Get, Post, Push, Pushed, Put
from drivers.line import LinePort
from drivers.lineports import SerialPort, TcpPort
from drivers.port import Point, Port
from drivers.questions import Ask, Hear, Tell
from drivers.reading import Reading
from drivers.transports.base import Transport
from drivers.transports.memory import MemoryTransport
from drivers.transports.serial import SerialTransport
from drivers.transports.tcp import TcpTransport

__all__ = [
    "VALUE",  # where the value goes in a JSON body
    "Ask",  # a line to send, and what its reply means
    "BadReply",  # error: it answered, but not what was asked for
    "Command",  # a write by HTTP GET
    "DriverError",  # any failure of a port
    "Get",  # a value of a JSON answer
    "Hear",  # lines that come unasked
    "HttpPort",  # HTTP with JSON
    "LinePort",  # lines of text over any transport
    "LinkDown",  # error: the wire is not there
    "MemoryTransport",  # a wire without a wire, for tests
    "Point",  # a question bound to its port
    "Port",  # one wire, kept up
    "Post",  # a write by HTTP POST
    "Push",  # how an HTTP instrument speaks unasked
    "Pushed",  # a value that it pushes
    "Put",  # a write by HTTP PUT
    "Reading",  # a value and its time
    "Refused",  # error: it said no to a write
    "ReplyTimeout",  # error: no reply in time
    "SerialPort",  # lines over a serial device
    "SerialTransport",
    "TcpPort",  # lines over TCP
    "TcpTransport",
    "Tell",  # a line to send with a value in it
    "Transport",  # what carries bytes
    "UsageError",  # error: mend your code
]
