"""What a batch of arrivals comes to: entries to be journalled, and repeats that need none.

Decides at which instant times hold that an announcement left out: when its parcel was announced
first, be it earlier in the same batch. And that one that says again what is known gets no entry,
nor does asking again for a parcel that was given back: warehouses repeat what they say until they
are answered, the oftener the busier we are, and the answer follows from the depot's state. Of what
the depot knows before the batch it is given at once: an entry of the batch may be the one at which
it is forgotten.
"""

from dataclasses import dataclass

from dispatcher.announcing import Announced
from dispatcher.core.decisions import Accept, ConfirmCancel, Reject
from dispatcher.core.events import AnnouncementRefused, CancelAsked, Event, ParcelAnnounced
from dispatcher.core.parcels import Parcel
from dispatcher.journal.records import Entry
from dispatcher.stepping import Stepper
from maps.units import Instant


@dataclass(frozen=True, slots=True)
class Repeated:
    """An announcement or cancellation, by the parcel's id, that was answered before.

    ``answer`` is the one given before; None: the announcement is earlier in the batch, and the
    answer follows from its entry.
    """

    announced_id: str
    answer: Accept | Reject | ConfirmCancel | None


class Batch:
    """Arrivals that are handled together.

    Parameters
    ----------
    stepper
        The depot's state before them; only asked.
    now
        The instant of handling them.

    Attributes
    ----------
    turns
        What each comes to, in order.
    """

    def __init__(self, stepper: Stepper, now: Instant) -> None:
        self.turns: list[Entry | Repeated] = []
        self._stepper = stepper
        self._now = now
        self._sequence = stepper.sequence
        self._parcels: dict[str, Parcel] = {}  # announced in this batch for the first time
        self._refused: dict[str, tuple[str, ...]] = {}

    @property
    def entries(self) -> list[Entry]:
        """Return what is to be journalled."""
        return [turn for turn in self.turns if isinstance(turn, Entry)]

    def add(self, said: Event | Announced) -> None:
        """Add what an arrival says."""
        match said:
            case Announced():
                parcel_id = said.announcement.parcel_id
                self._announce(said.event(self._now, self._known(parcel_id)))
            case ParcelAnnounced():
                self._announce(said)
            case AnnouncementRefused():
                self._refuse(said)
            case CancelAsked():
                self._cancel(said)
            case _:
                self._enter(said)

    def _announce(self, event: ParcelAnnounced) -> None:
        parcel = event.parcel
        known = self._known(parcel.parcel_id)
        if known == parcel:
            is_here = parcel.parcel_id in self._parcels
            answer = None if is_here else self._stepper.answer_again(parcel.parcel_id)
            self.turns.append(Repeated(parcel.parcel_id, answer))
            return
        if known is None:
            self._parcels[parcel.parcel_id] = parcel
        self._enter(event)

    def _refuse(self, event: AnnouncementRefused) -> None:
        announced_id, reasons = event.announcement_id, event.reasons
        before = self._stepper.refusal(announced_id) or self._refused.get(announced_id)
        if self._known(announced_id) is None and before == reasons:
            self.turns.append(Repeated(announced_id, Reject(announced_id, reasons)))
            return
        self._refused.setdefault(announced_id, reasons)
        self._enter(event)

    def _cancel(self, event: CancelAsked) -> None:
        answer = self._stepper.cancelled_again(event.parcel_id)
        if answer is None:
            self._enter(event)
        else:
            self.turns.append(Repeated(event.parcel_id, answer))

    def _known(self, parcel_id: str) -> Parcel | None:
        known = self._stepper.parcel(parcel_id)
        return self._parcels.get(parcel_id) if known is None else known

    def _enter(self, event: Event) -> None:
        self._sequence += 1
        entry = Entry(self._stepper.depot_id, self._sequence, self._now, event)
        self.turns.append(entry)
