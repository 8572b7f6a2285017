"""A picture of small panels, one a figure, as SVG: the same axes and colours in each, drawn from plain data."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT, COLUMNS = 250, 190, 3
LEFT, RIGHT, TOP, BOTTOM, HEAD = 46, 20, 34, 34, 34
COLOURS = ["#1f6f8b", "#d1622b", "#6b6b6b"]
INK, FAINT = "#333333", "#dddddd"


def number(value):
    """As short as an axis likes it: 0.5, 20, 1,000, 50k."""
    if value > 10000:
        return f"{value / 1000:g}k"
    return f"{value:g}" if value < 1000 else f"{value:,.0f}"


def log_ticks(low, high):
    return [10.0 ** e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def even_ticks(high):
    step = 10.0 ** math.floor(math.log10(high))
    step = next(step * part for part in (0.2, 0.5, 1, 2) if high / (step * part) <= 5)
    return [i * step for i in range(int(math.ceil(high / step)) + 1)]


def text(x, y, words, size=10, anchor="middle", colour=INK, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}">{escape(words)}</text>')


def line(x1, y1, x2, y2, colour=FAINT):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


class Axis:
    """Places values between two ends of the picture."""

    def __init__(self, ticks, begin, end, log):
        self.ticks, self.begin, self.end, self.log = ticks, begin, end, log
        self.low, self.high = self.shift(ticks[0]), self.shift(ticks[-1])

    def shift(self, value):
        return math.log10(value) if self.log else value

    def at(self, value):
        span = self.high - self.low
        part = (self.shift(value) - self.low) / span if span else 0.5
        return self.begin + part * (self.end - self.begin)


def draw_panel(panel, left, top, colours):
    points = [point for curve in panel["curves"].values() for point in curve]
    xs, ys = [x for x, _ in points], [max(y, 1e-3) for _, y in points]
    box = (left + LEFT, left + WIDTH - RIGHT, top + HEIGHT - BOTTOM, top + TOP)
    log = panel["log"]
    across = Axis(sorted(set(xs)) if log else even_ticks(max(xs)), box[0], box[1], log)
    up = Axis(log_ticks(min(ys), max(ys)) if log else even_ticks(max(ys)), box[2], box[3], log)
    out = [text(left + LEFT - 6, top + 18, panel["title"], 12, "start", weight="bold"),
           text((box[0] + box[1]) / 2, top + HEIGHT - 4, panel["x"], 10)]
    for tick in up.ticks:
        out.append(line(box[0], up.at(tick), box[1], up.at(tick)))
        out.append(text(box[0] - 5, up.at(tick) + 3, number(tick), 9, "end"))
    for tick in across.ticks:
        out.append(text(across.at(tick), box[2] + 13, number(tick), 9))
    out.append(line(box[0], box[2], box[1], box[2], INK))
    for name, curve in panel["curves"].items():
        places = [(across.at(x), up.at(max(y, 1e-3))) for x, y in curve]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        if len(places) <= 12:
            out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colours[name]}"/>' for x, y in places]
    return out


def draw(panels):
    """The whole picture; each panel has a `title`, `x` (what its axis counts), `log` (both axes) and `curves`, name ->
    [(x, y)]."""
    names = list(dict.fromkeys(name for panel in panels for name in panel["curves"]))
    colours = dict(zip(names, COLOURS))
    rows = -(-len(panels) // COLUMNS)
    width, height = WIDTH * min(COLUMNS, max(1, len(panels))), HEAD + HEIGHT * rows
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           'font-family="sans-serif">', f'<rect width="{width}" height="{height}" fill="white"/>']
    for index, name in enumerate(names):
        x = LEFT + index * 130
        out.append(f'<rect x="{x}" y="12" width="14" height="4" fill="{colours[name]}"/>')
        out.append(text(x + 20, 18, name, 12, "start"))
    for index, panel in enumerate(panels):
        out += draw_panel(panel, index % COLUMNS * WIDTH, HEAD + index // COLUMNS * HEIGHT, colours)
    return "\n".join([*out, "</svg>"]) + "\n"
