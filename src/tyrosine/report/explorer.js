// The interactive part of the report. Bokeh draws; this fills its sources of data and answers mouse and keyboard.
"use strict";
const tyrosine = (() => {
  const content = JSON.parse(document.getElementById("explorer-content").textContent);
  const items = JSON.parse(document.getElementById("explorer-plots").textContent);
  const element = (id) => document.getElementById(id);
  const sides = ["left", "right"];
  const n = content.ids.length;
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const rdms = content.rdms.map((rdm) => ({ ...rdm, codes: bytes(rdm.codes), points: bytes(rdm.points) }));
  // Of Paul Tol's bright scheme, as in the figures; further clusters are grey.
  const clusterColours = ["#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377"];
  const state = { left: 0, right: 0, order: 0, map: 0, row: 0, column: 1, block: null, stimulus: 0 };
  const documents = {};

  const model = (plot, name) => documents[plot].get_model_by_name(name);
  // Where a pair of different stimuli lies in a condensed RDM.
  const place = (a, b) => {
    const [i, j] = a < b ? [a, b] : [b, a];
    return (i * (2 * n - i - 1)) / 2 + (j - i - 1);
  };
  const code = (rdm, a, b) => rdm.codes[place(a, b)];
  const dissimilarity = (rdm, a, b) => rdm.low + (code(rdm, a, b) / content.steps) * (rdm.high - rdm.low);
  const inOrder = (number) => content.orders[state.order].stimuli[number];
  // So many decimals that the steps of the codes can be told apart, and no more.
  const shown = (rdm, value) => value.toFixed(Math.max(0, Math.ceil(-Math.log10((rdm.high - rdm.low) / content.steps || 1))));

  const make = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const picture = (stimulus) => {
    const figure = make("figure", undefined, "stimulus");
    if (content.images.length) {
      const image = make("img");
      image.src = content.images[stimulus];
      image.alt = content.captions[stimulus] || content.ids[stimulus];
      figure.append(image);
    }
    const caption = make("figcaption");
    caption.append(make("b", content.ids[stimulus]), " " + content.captions[stimulus]);
    figure.append(caption);
    return figure;
  };

  const drawRdm = (side) => {
    const rdm = rdms[state[side]];
    const source = model("rdms", side);
    // A diagonal is no dissimilarity of two stimuli, and has the colour of the smallest one.
    const image = source.data.image[0];
    image.fill(0);
    for (let row = 0; row < n; row += 1) {
      for (let column = 0; column < n; column += 1) {
        if (row !== column) image[row * n + column] = code(rdm, inOrder(row), inOrder(column));
      }
    }
    source.change.emit();
    const bar = model("rdms", `${side}-bar`);
    bar.major_label_overrides = new Map(
      [0, Math.floor(content.steps / 2), content.steps].map((step) => [
        step,
        shown(rdm, rdm.low + (step / content.steps) * (rdm.high - rdm.low)),
      ]),
    );
    bar.title = rdm.measure;
  };

  const drawBounds = () => {
    const { clusters } = content.orders[state.order];
    const ends = [];
    for (let number = 1; number < clusters.length; number += 1) {
      if (clusters[number] !== clusters[number - 1]) ends.push(number);
    }
    const zeros = ends.map(() => 0);
    const whole = ends.map(() => n);
    const data = {
      x0: [...ends, ...zeros], x1: [...ends, ...whole], y0: [...zeros, ...ends], y1: [...whole, ...ends],
    };
    for (const side of sides) model("rdms", `${side}-bounds`).data = data;
  };

  const showPair = () => {
    const [a, b] = [inOrder(state.row), inOrder(state.column)];
    for (const side of sides) {
      model("rdms", `${side}-cell`).data = { x: [state.column + 0.5], y: [state.row + 0.5] };
    }
    const values = make("dl", undefined, "values");
    for (const side of sides) {
      const rdm = rdms[state[side]];
      values.append(make("dt", rdm.name));
      values.append(make("dd", a === b ? "the same stimulus" : shown(rdm, dissimilarity(rdm, a, b))));
    }
    element("pair").replaceChildren(picture(a), picture(b), values);
  };

  const showBlock = () => {
    const list = element("block");
    if (!state.block) {
      list.replaceChildren(make("p", "Drag over a block of cells, or hold Shift with the arrow keys, to list its stimuli.", "what"));
      return;
    }
    const [top, bottom, left, right] = state.block;
    const parts = [["Rows", top, bottom], ["Columns", left, right]].map(([name, from, to]) => {
      const part = make("details");
      part.open = true;
      part.append(make("summary", `${name}: ${to - from + 1} stimuli`));
      const stimuli = make("div", undefined, "stimuli");
      for (let number = from; number <= to; number += 1) stimuli.append(picture(inOrder(number)));
      part.append(stimuli);
      return part;
    });
    list.replaceChildren(...parts);
  };

  const within = (value) => Math.min(n - 1, Math.max(0, value));

  const pointAt = (x, y) => {
    const [row, column] = [Math.floor(y), Math.floor(x)];
    if (row < 0 || column < 0 || row >= n || column >= n) return;
    Object.assign(state, { row, column });
    showPair();
  };

  const selectBlock = ({ x0, x1, y0, y1 }) => {
    const rows = [y0, y1].map((y) => within(Math.floor(y))).sort((a, b) => a - b);
    const columns = [x0, x1].map((x) => within(Math.floor(x))).sort((a, b) => a - b);
    state.block = [...rows, ...columns];
    showBlock();
  };

  const moveByKey = (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const before = [state.row, state.column];
    state.row = within(state.row + step[0]);
    state.column = within(state.column + step[1]);
    showPair();
    if (event.shiftKey) {
      state.anchor ??= before;
      const rows = [state.anchor[0], state.row].sort((a, b) => a - b);
      const columns = [state.anchor[1], state.column].sort((a, b) => a - b);
      state.block = [...rows, ...columns];
      showBlock();
    } else {
      state.anchor = null;
    }
  };

  const colourOf = () => {
    const { stimuli, clusters } = content.orders[state.order];
    const sizes = new Map();
    for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
    const largest = [...sizes.keys()].sort((a, b) => sizes.get(b) - sizes.get(a));
    const colours = new Array(n).fill("#b9b9b9");
    clusters.forEach((cluster, number) => {
      colours[stimuli[number]] = clusterColours[largest.indexOf(cluster)] ?? "#b9b9b9";
    });
    return colours;
  };

  const drawMap = () => {
    const rdm = rdms[state.map];
    const at = (axis) => Array.from({ length: n }, (_, number) => rdm.points[2 * number + axis]);
    const source = model("map", "map");
    source.data = { ...source.data, x: at(0), y: at(1), colour: colourOf() };
    element("map-stress").textContent = `Kruskal's stress 1: ${rdm.stress}`;
  };

  const nearTo = (x, y) => {
    const { points } = rdms[state.map];
    let [nearest, least] = [0, Infinity];
    for (let number = 0; number < n; number += 1) {
      const distance = (points[2 * number] - x) ** 2 + (points[2 * number + 1] - y) ** 2;
      if (distance < least) [nearest, least] = [number, distance];
    }
    state.stimulus = nearest;
    element("map-stimulus").replaceChildren(picture(nearest));
  };

  const switchModel = (name, on) => {
    for (const part of ["mean", "interval"]) model("similarities", `${part}:${name}`).visible = on;
  };

  const fill = (select, entries, chosen, change) => {
    const groups = new Map();
    entries.forEach(({ name, group }, number) => {
      const option = make("option", name);
      option.value = number;
      if (group === undefined) {
        select.append(option);
        return;
      }
      if (!groups.has(group)) {
        const made = make("optgroup");
        made.label = group;
        groups.set(group, made);
        select.append(made);
      }
      groups.get(group).append(option);
    });
    select.value = chosen;
    select.addEventListener("change", () => change(Number(select.value)));
  };

  const start = async () => {
    for (const [plot, item] of Object.entries(items)) {
      await Bokeh.embed.embed_item(item, `plot-${plot}`);
      documents[plot] = Bokeh.documents[Bokeh.documents.length - 1];
    }
    // A region beside a model, if there is one.
    const firstModel = rdms.findIndex((rdm) => rdm.group === "Models");
    state.right = Math.max(0, firstModel);
    for (const side of sides) {
      fill(element(`choose-${side}`), rdms, state[side], (number) => {
        state[side] = number;
        drawRdm(side);
        showPair();
      });
      drawRdm(side);
    }
    fill(element("choose-order"), content.orders, 0, (number) => {
      Object.assign(state, { order: number, block: null });
      sides.forEach(drawRdm);
      drawBounds();
      showPair();
      showBlock();
      drawMap();
    });
    fill(element("choose-map"), rdms, 0, (number) => {
      state.map = number;
      drawMap();
    });
    drawBounds();
    showPair();
    showBlock();
    drawMap();
    nearTo(128, 128);
    element("cells").addEventListener("keydown", moveByKey);
    for (const box of document.querySelectorAll("input[data-model]")) {
      box.addEventListener("change", () => switchModel(box.dataset.model, box.checked));
    }
    document.documentElement.dataset.explorer = "ready";
  };

  start();
  return { state, documents, content, rdms, pointAt, selectBlock, nearTo };
})();
