"""SubGroup: a group inside a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from records.nested import Nested

if TYPE_CHECKING:
    from records.group import PVGroup

__all__ = ["SubGroup"]

G = TypeVar("G", bound="PVGroup")
H = TypeVar("H", bound="PVGroup")


class SubGroup(Generic[G]):
    """A PVGroup to be made for every instance of another PVGroup class.

    ``A = SubGroup(Channel)``, or as a decorator over the class, with or without arguments. The prefix is added to that
    of the group above; without one it is the attribute's name and ``:`` (`PVGroup.attr_separator`). Macros are those
    of the group above and these. All further keywords go to the class.
    """

    @overload
    def __init__(self, group_class: type[G], prefix: str | None = None, **options: Any) -> None: ...
    @overload
    def __init__(
        self: SubGroup[PVGroup], group_class: None = None, prefix: str | None = None, **options: Any
    ) -> None: ...
    def __init__(
        self,
        group_class: type[Any] | None = None,
        prefix: str | None = None,
        *,
        macros: Mapping[str, Any] | None = None,
        doc: str = "",
        **options: Any,
    ) -> None:
        self.group_class: Any = group_class
        self.prefix = prefix
        self.macros = macros
        self.doc = doc
        self.options = options
        self.attr = ""
        self.owner: type | None = None

    def __call__(self, group_class: type[H]) -> SubGroup[H]:
        """``@SubGroup(prefix=...)`` over a class."""
        return SubGroup(group_class, self.prefix, macros=self.macros, doc=self.doc, **self.options)

    def __set_name__(self, owner: type, name: str) -> None:
        if self.owner is None:
            self.owner = owner
            if not (self.attr and name.startswith("_")):  # `@pair.setpoint.putter async def _set(...)`
                self.attr = name

    def __getattr__(self, attr: str) -> Any:
        """``pair.setpoint``: a PV of the group's class, for hooks on it."""
        entry = getattr(self.__dict__.get("group_class"), "_specs_", {}).get(attr)
        if entry is None:
            raise AttributeError(f"{type(self).__name__} {self.__dict__.get('attr', '')!r} has no {attr!r}")
        return Nested(entry, lambda changed: self._with(attr, changed))

    def _with(self, attr: str, entry: Any) -> Self:
        """This subgroup with another PV in it; a copy if it belongs to a class already."""
        base = self.group_class
        # its qualname and module are those of the class that it stands for
        names = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__}
        group = self
        if self.owner is not None:
            group = object.__new__(type(self))
            group.__dict__.update(self.__dict__, owner=None)
        group.group_class = type(base)(base.__name__, (base,), {**names, attr: entry})
        return group

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: PVGroup, owner: type) -> G: ...
    def __get__(self, instance: PVGroup | None, owner: type) -> Self | G:
        if instance is None:
            return self
        raise AttributeError(f"{owner.__name__}.{self.attr} does not exist before PVGroup.__init__ has run")

    def create(self, parent: PVGroup) -> G:
        """Make the group below `parent`."""
        group_class = self.group_class
        if group_class is None:
            raise TypeError(f"{type(parent).__name__}.{self.attr}: SubGroup needs a PVGroup class")
        prefix = self.attr + group_class.attr_separator if self.prefix is None else self.prefix
        group: G = group_class(
            parent.prefix + prefix, macros=self.macros, parent=parent, name=f"{parent.name}.{self.attr}", **self.options
        )
        return group
