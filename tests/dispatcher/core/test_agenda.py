from hypothesis import given
from hypothesis import strategies as st

from dispatcher.core.agenda import Agenda
from maps.units import Instant

keys = st.sampled_from("abcde")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), keys, st.integers(0, 5)),
        st.tuples(st.just("drop"), keys, st.just(0)),
        st.tuples(st.just("due"), st.just(""), st.integers(0, 5)),
    ),
    max_size=300,
)


@given(steps)
def test_an_agenda_says_what_a_plain_table_says(taken):
    agenda, table = Agenda(), {}
    for what, key, at in taken:
        if what == "put":
            agenda.put(key, Instant(at))
            table[key] = at
        elif what == "drop":
            agenda.drop(key)
            table.pop(key, None)
        else:
            due = sorted((at_, key_) for key_, at_ in table.items() if at_ <= at)
            assert agenda.take_due(Instant(at)) == [key_ for _, key_ in due]
            table = {key_: at_ for key_, at_ in table.items() if at_ > at}
        assert agenda.first() == min(table.values(), default=None)
        assert agenda.sorted_keys() == sorted(table)
        assert len(agenda) == len(table)
        assert ("a" in agenda) == ("a" in table)
