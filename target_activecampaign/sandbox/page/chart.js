// Bars of the last two minutes with a limit across them, drawn by uPlot. Knows nothing of where figures come from.

/* global uPlot */

/** Seconds that a chart shows. */
export const SECONDS = 120;
const HEADROOM = 1.15;
const LEAST_TOP = 4;
const BAR_SHARE = 0.72;
const BAR_PIXELS = 14;
const TICKS = [-SECONDS, -90, -60, -30, 0];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A chart in an element. Its text alternative is the element's label, which the caller sets. */
export class Chart {
  /**
   * @param host The element.
   * @param colours Names of the bars' colours; later bars stand before earlier ones.
   * @param onPoint Called with the seconds ago under the pointer, `null` when it has left.
   */
  constructor(host, colours, onPoint) {
    this.host = host;
    this.colours = colours;
    this.onPoint = onPoint;
    this.data = null;
    this.plot = null;
    new ResizeObserver(() => this.resize()).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
  }

  /** Shows bars, oldest second first, a limit, `null` for none, and the word for the last second. */
  show(bars, limit, end) {
    this.end = end;
    const seconds = Array.from({ length: SECONDS }, (_, index) => index - SECONDS + 1);
    this.limit = limit;
    this.data = [seconds, ...bars, seconds.map(() => limit)];
    if (this.plot) this.plot.setData(this.data);
    else this.redraw();
  }

  resize() {
    if (!this.host.clientWidth) return;
    if (this.plot) this.plot.setSize(this.size());
    else this.redraw();
  }

  /** Draws anew, now or when the chart is seen again. */
  recolour() {
    this.plot?.destroy();
    this.plot = null;
    this.redraw();
  }

  redraw() {
    if (!this.data || !this.host.clientWidth) return;
    this.plot = new uPlot(this.options(), this.data, this.host);
  }

  size() {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  options() {
    const bars = uPlot.paths.bars({ size: [BAR_SHARE, BAR_PIXELS], radius: 0.2 });
    const filled = (name) => ({ fill: colour(name), width: 0, paths: bars, points: { show: false } });
    const dashed = { stroke: colour("--edge"), width: 1.5, dash: [5, 4], points: { show: false } };
    return {
      ...this.size(),
      padding: [6, 14, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { setScale: false } },
      scales: { x: { time: false, range: [-SECONDS, 1] }, y: { range: (_, __, top) => [0, this.top(top)] } },
      axes: [this.axis({ splits: () => TICKS, values: (_, ticks) => ticks.map((tick) => nameTick(tick, this.end)), grid: { show: false } }),
        this.axis({ size: 38, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000], space: 34 })],
      series: [{}, ...this.colours.map(filled), dashed],
      hooks: { setCursor: [(plot) => this.onPoint(secondsAgo(plot))] },
    };
  }

  axis(options) {
    const line = { stroke: colour("--line"), width: 1 };
    return { stroke: colour("--muted"), font: "12px system-ui, sans-serif", size: 26, gap: 6, grid: line, ticks: { show: false }, ...options };
  }

  top(highest) {
    return Math.max((highest ?? 0) * HEADROOM, (this.limit ?? 0) * HEADROOM, LEAST_TOP);
  }
}

function nameTick(second, end) {
  return second === 0 ? end : `${second} s`.replace("-", "−");
}

function secondsAgo(plot) {
  return plot.cursor.idx === null || plot.cursor.left < 0 ? null : SECONDS - 1 - plot.cursor.idx;
}
