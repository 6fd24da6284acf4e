"""The schematic map: every town, every place that has room, and how many have none."""

from nuanxin.ui.parts import Map, Place
from nuanxin.ui.schematic import draw


def shown(counts: dict[str, int], towns: list[str], columns: int = 3, group: str = "") -> Map:
    places = [Place(f"{town}{n}", town, group=group) for town, many in counts.items() for n in range(many)]
    return Map("m", "走访", places, towns, columns)


def test_every_town_has_a_tile_and_towns_of_places_are_added():
    drawing = draw(shown({"乙": 1, "戊": 1}, ["甲", "乙", "丙", "丁"]))
    assert [tile.name for tile in drawing.tiles] == ["甲", "乙", "丙", "丁", "戊"]
    assert [pin.place.town for pin in drawing.pins] == ["乙", "戊"]
    assert all(tile.x + tile.width < drawing.width and tile.y + tile.height < drawing.height for tile in drawing.tiles)


def test_a_pin_stands_on_its_own_towns_tile_and_on_no_other_pin():
    drawing = draw(shown({"甲": 12, "乙": 5}, ["甲", "乙"], columns=2))
    tiles = {tile.name: tile for tile in drawing.tiles}
    for pin in drawing.pins:
        tile = tiles[pin.place.town]
        assert tile.x + 17 <= pin.x <= tile.x + tile.width - 17
        assert tile.y + 30 + 17 <= pin.y <= tile.y + tile.height - 17
    spots = [(pin.x, pin.y) for pin in drawing.pins]
    assert len(set(spots)) == 17


def test_a_full_town_says_how_many_more():
    drawing = draw(shown({"甲": 13, "乙": 12}, ["甲", "乙"]))
    assert [tile.more for tile in drawing.tiles] == [2, 0]
    assert len(drawing.pins) == 11 + 12


def test_places_of_a_group_are_joined_in_their_order():
    drawing = draw(shown({"甲": 2, "乙": 1}, ["乙", "甲"], group="一组"))
    at = {pin.place.label: f"{pin.x},{pin.y}" for pin in drawing.pins}
    assert drawing.lines == [f"{at['甲0']} {at['甲1']} {at['乙0']}"]
    assert draw(shown({"甲": 1}, ["甲"], group="一组")).lines == []


def test_nothing_at_all_is_still_a_drawing():
    drawing = draw(shown({}, []))
    assert (drawing.tiles, drawing.pins) == ([], [])
    assert drawing.width > 0
