"""EPICS database files: what they say, what is wrong with it, and the records that come of it. No file is read here."""

from records.db.build import Builder
from records.db.definitions import Definitions
from records.db.links import check_links
from records.db.macros import parse_macros
from records.db.parser import Parser, Reader
from records.db.problem import Kind, Position, Problem
from records.db.substitutions import Template, substitutions
from records.db.tables import BreakPoint

__all__ = [
    "BreakPoint",  # of a breakpoint table
    "Builder",  # makes the records
    "Definitions",  # what stands in the files
    "Kind",  # error, mistake or warning
    "Parser",  # reads them
    "Position",  # file, line and column
    "Problem",  # one message
    "Reader",  # what gives the parser an included file
    "Template",  # a template and its macros
    "check_links",  # links to what is not there
    "parse_macros",  # "P=LAB:,R=1"
    "substitutions",  # the templates of a substitution file
]
