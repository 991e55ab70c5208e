(() => {
	"use strict";
	const drill = JSON.parse(document.getElementById("data").textContent);
	const root = document.documentElement;
	const css = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
	const px = devicePixelRatio;
	const from = drill.from / 1000, to = drill.to / 1000, width = drill.width / 1000;
	const length = drill.least.length;

	// Of each interval its start, and then the end of all: steps need one more.
	const x = Array.from({ length }, (_, i) => from + i * width).concat(to);
	const seconds = (i) => Math.max(x[i + 1] - x[i], 0.001);
	const stepped = (values) => values.concat(values[length - 1]);
	// The ends of pods' names and of serial numbers differ.
	const short = (name) => name.length > 40 ? name.slice(0, 20) + "…" + name.slice(-19) : name;
	const number = (value, digits) => value.toLocaleString("en", { maximumFractionDigits: digits });
	const time = (value) => new Date(value * 1000).toISOString().slice(11, 23) + " UTC";

	// From the bottom to the top; drawn from the top down, so that each covers what is above it.
	const layers = drill.expected.map((one, i) => ({ ...one, colour: "i" + i }))
		.concat(drill.failures.map((one, i) => ({ ...one, colour: "f" + i, failure: true })));
	const shown = layers.map(() => true);
	function stack() {
		const sum = new Array(length).fill(0);
		return layers.map((layer, k) => stepped(layer.counts.map((count, i) => sum[i] += shown[k] ? count / seconds(i) : 0)));
	}
	const order = layers.map((_, k) => layers.length - 1 - k);
	const rates = () => { const sums = stack(); return [x, ...order.map((k) => sums[k])]; };

	/** Whoever drew before has left its own. */
	function pen(ctx, size) {
		ctx.save();
		ctx.font = size * px + "px system-ui, sans-serif";
		ctx.textAlign = "left";
		ctx.textBaseline = "alphabetic";
		ctx.setLineDash([]);
	}
	const at = (u, value) => u.valToPos(value, "x", true);
	/** A bar of what lasts so long, of three pixels at least; null where it is not to be seen. */
	function bar(u, start, end) {
		const { left, width } = u.bbox;
		const a = at(u, start), b = at(u, end), least = 3 * Math.max(1, px);
		const x0 = b - a < least ? (a + b - least) / 2 : a, x1 = b - a < least ? x0 + least : b;
		const c0 = Math.max(left, Math.round(x0)), c1 = Math.min(left + width, Math.round(x1));
		return c1 > c0 ? [c0, c1 - c0] : null;
	}

	const row = 6, marksRow = 16, hasGap = drill.gapMilliseconds > 0;
	const gapText = number(drill.gapMilliseconds, 3) + " ms without an echo";
	const strip = (hasGap ? 18 : 0) + drill.failures.length * row + 4;

	function background(u) {
		const { ctx, bbox } = u;
		const warm = bar(u, from, drill.measuredFrom / 1000);
		if (drill.measuredFrom > drill.from && warm) {
			pen(ctx, 11);
			ctx.fillStyle = css("band");
			ctx.fillRect(warm[0], bbox.top, warm[1], bbox.height);
			ctx.fillStyle = css("quiet");
			if (u === pictures[1] && warm[1] > ctx.measureText("warm-up").width + 8 * px) ctx.fillText("warm-up", warm[0] + 4 * px, bbox.top + 13 * px);
			ctx.restore();
		}
	}

	function gap(u) {
		const { ctx, bbox } = u;
		const place = hasGap && bar(u, drill.gapFrom / 1000, drill.gapTo / 1000);
		if (!place) return;
		pen(ctx, 12);
		ctx.fillStyle = css("gap");
		ctx.globalAlpha = place[1] > 8 * px ? 0.3 : 0.9;
		ctx.fillRect(place[0], bbox.top, place[1], bbox.height);
		ctx.globalAlpha = 1;
		if (u === pictures[0]) {
			const top = bbox.top - strip * px;
			ctx.fillRect(place[0], top + 13 * px, place[1], 5 * px);
			const half = ctx.measureText(gapText).width / 2;
			const middle = Math.min(Math.max(place[0] + place[1] / 2, bbox.left + half), bbox.left + bbox.width - half);
			ctx.textAlign = "center";
			ctx.fillText(gapText, middle, top + 10 * px);
		}
		ctx.restore();
	}

	/** A row above the picture for each kind, so that none hides another, however rare. */
	function failures(u) {
		const { ctx, bbox } = u;
		pen(ctx, 11);
		drill.failures.forEach((failure, k) => {
			ctx.fillStyle = css("f" + k);
			const top = bbox.top - (drill.failures.length - k) * row * px - 2 * px;
			failure.counts.forEach((count, i) => {
				const place = count > 0 && shown[drill.expected.length + k] && bar(u, x[i], x[i + 1]);
				if (place) ctx.fillRect(place[0], top, place[1], (row - 1) * px);
			});
		});
		ctx.restore();
	}

	/** Who was seen first and, if that was not the end, last; with its name where there is room. */
	const soon = Math.max(drill.width, (drill.to - drill.from) / 100);
	const marks = drill.marks.flatMap((mark) => [{ ...mark, at: mark.first / 1000, text: "▸ " + short(mark.name) }]
		.concat(mark.last < drill.to - soon ? [{ ...mark, at: mark.last / 1000, text: short(mark.name) + " ◂", ends: true }] : []))
		.sort((one, other) => one.at - other.at);
	function seen(u) {
		const { ctx, bbox } = u;
		pen(ctx, 11);
		ctx.lineWidth = px;
		const taken = [0, 1, 2, 3, 4, 5].map(() => []);
		for (const mark of marks) {
			const place = Math.round(at(u, mark.at));
			if (place < bbox.left || place > bbox.left + bbox.width) continue;
			ctx.setLineDash(mark.ends ? [2 * px, 3 * px] : []);
			ctx.strokeStyle = css("text");
			ctx.globalAlpha = 0.55;
			ctx.beginPath();
			ctx.moveTo(place, bbox.top + bbox.height - 8 * px);
			ctx.lineTo(place, bbox.top + bbox.height);
			const length = ctx.measureText(mark.text).width + 8 * px;
			const start = mark.ends ? place - length : place;
			const free = start < bbox.left || start + length > bbox.left + bbox.width ? -1
				: taken.findIndex((level) => level.every(([a, b]) => start + length <= a || start >= b));
			if (free >= 0) {
				taken[free].push([start, start + length]);
				const top = bbox.top + (free * marksRow + 3) * px;
				ctx.moveTo(place, top);
				ctx.lineTo(place, bbox.top + bbox.height);
				ctx.stroke();
				ctx.globalAlpha = 0.85;
				ctx.fillStyle = css("page");
				ctx.fillRect(start, top, length, 14 * px);
				ctx.globalAlpha = 1;
				ctx.fillStyle = css("text");
				ctx.fillText(mark.text, start + 4 * px, top + 11 * px);
			} else {
				ctx.stroke();
			}
		}
		ctx.restore();
	}

	/** Each interval as wide as it is, joined to its neighbour if there is one: a lone one is seen, too. */
	function steps(u, series, first, last) {
		const path = new Path2D(), values = u.data[series];
		let before = null;
		for (let i = Math.max(0, first); i < Math.min(length, last + 1); i++) {
			if (values[i] != null) {
				const y = u.valToPos(values[i], "y", true);
				path[before == null ? "moveTo" : "lineTo"](at(u, x[i]), y);
				path.lineTo(Math.max(at(u, x[i + 1]), at(u, x[i]) + px), y);
			}
			before = values[i];
		}
		return { stroke: path, fill: null, clip: null, flags: 3 };
	}

	const within = (u, _series, closest, value) => {
		let i = Math.min(closest, length - 1);
		while (i > 0 && x[i] > value) i--;
		return i;
	};
	const axis = (more) => ({ stroke: () => css("text"), grid: { stroke: () => css("line"), width: 1 },
		ticks: { stroke: () => css("line"), width: 1 }, font: "12px system-ui, sans-serif", ...more });
	const options = (height, more) => ({
		width: 600, height, tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), "UTC"),
		cursor: { sync: { key: "drill" }, drag: { x: true, y: false }, dataIdx: within, points: { show: false } },
		axes: [axis({ space: 90, values: (_u, splits, _a, _space, step) => splits.map((value) => time(value).slice(0, step < 1 ? 12 : 8)),
			size: 34, label: "UTC", labelSize: 16, labelGap: 0, labelFont: "12px system-ui, sans-serif" }), axis({ size: 78, ...more.axis })],
		...more,
	});
	const clock = { label: "Time", value: (_u, value) => value == null ? "–" : time(value) };
	const raw = (k) => (_u, _value, _s, i) => {
		if (i == null) return "–";
		const count = layers[k].counts[Math.min(i, length - 1)];
		return layers[k].failure ? number(count) : number(count / seconds(Math.min(i, length - 1)), 1) + "/s";
	};
	const line = (name, colour, wide) => ({ label: name, stroke: () => css(colour), width: wide, paths: steps, points: { show: false },
		value: (_u, value) => value == null ? "–" : number(value, 3) + " ms" });
	const marker = (colours) => ({ markers: { width: 0, fill: (_u, i) => "var(--" + colours[i - 1] + ")", stroke: (_u, i) => "var(--" + colours[i - 1] + ")" } });
	const parts = ["least", "median", "p99", "greatest"];

	const pictures = [];
	document.getElementById("pictures").hidden = false;
	pictures[0] = new uPlot(options(320, {
		padding: [strip, 12, 0, 0],
		legend: marker(order.map((k) => layers[k].colour)),
		scales: { y: { range: (_u, _least, most) => [0, Math.max(most, 1) * 1.05] } },
		series: [clock, ...order.map((k) => ({ label: short(layers[k].name), stroke: () => css("page"), fill: () => css(layers[k].colour), width: 0.5,
			fillTo: 0, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false }, value: raw(k) }))],
		axis: { values: (_u, splits) => splits.map((value) => number(value, 1) + "/s") },
		hooks: { drawClear: [background], draw: [gap, failures, seen], setSeries: [(u, i, change) => {
			if (i > 0 && change.show !== undefined) {
				shown[order[i - 1]] = change.show;
				u.setData(rates(), false);
				u.redraw();
			}
		}] },
	}), rates(), document.getElementById("rate"));
	pictures[1] = new uPlot(options(260, {
		padding: [8, 12, 0, 0],
		legend: marker(parts),
		scales: { y: { distr: 3 } },
		series: [clock, line("least", "least", 1.5), line("median", "median", 2), line("p99", "p99", 1.5), line("greatest", "greatest", 1.5)],
		axis: { values: (_u, splits) => splits.map((value) => value == null ? "" : number(value, 3) + " ms") },
		hooks: { drawClear: [background], draw: [gap] },
	}), [x, ...parts.map((part) => stepped(drill[part]))], document.getElementById("latency"));

	const size = (width) => pictures.forEach((u) => u.setSize({ width, height: u.height }));
	const fit = () => size(Math.max(280, document.getElementById("rate").clientWidth));
	const draw = () => pictures.forEach((u) => u.redraw(false, true));
	fit();
	addEventListener("resize", fit);
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
	// Paper is light, and as wide as a page of A4.
	addEventListener("beforeprint", () => { root.dataset.print = ""; size(680); draw(); });
	addEventListener("afterprint", () => { delete root.dataset.print; fit(); draw(); });
})();
