// A page of a document as a picture that can be zoomed and panned, with boxes over it in points of the page.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const PICTURE_TRIES = 6;

// Has a picture shown; one that could not be drawn at once, as others were in the way, is asked for again.
function draw(image, url, attribute = "src") {
  let tries = 0;
  image.onerror = () => {
    tries += 1;
    if (tries < PICTURE_TRIES) setTimeout(again, 200 * 2 ** tries);
  };
  const again = () => {
    if (image.getAttribute(attribute) !== url) return;
    image.removeAttribute(attribute);
    image.setAttribute(attribute, url);
  };
  image.setAttribute(attribute, url);
}

// Where a window of that size begins so that it shows as much of the page as it can.
function inside(start, all, size) {
  return size >= all ? (all - size) / 2 : Math.min(Math.max(start, 0), all - size);
}

class Sheet {
  constructor(svg) {
    this.svg = svg;
    this.group = document.createElementNS(SVG, "g");
    svg.append(this.group);
    svg.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.onGrab(event));
  }

  // page: {url, width, height, rotation}; boxes: [{bbox, kind, title, field}].
  show(page, boxes) {
    const { width, height, rotation } = page;
    const turned = rotation === 90 || rotation === 270;
    this.width = turned ? height : width;
    this.height = turned ? width : height;
    this.rotation = rotation;
    this.page = page;
    this.group.setAttribute("transform", {
      90: `matrix(0 1 -1 0 ${height} 0)`,
      180: `matrix(-1 0 0 -1 ${width} ${height})`,
      270: `matrix(0 -1 1 0 0 ${width})`,
    }[rotation] || "");
    if (this.url !== page.url) {
      const image = document.createElementNS(SVG, "image");
      draw(image, page.url, "href");
      image.setAttribute("width", width);
      image.setAttribute("height", height);
      this.group.replaceChildren(image);
      this.url = page.url;
    }
    for (const old of this.group.querySelectorAll("rect")) old.remove();
    for (const box of boxes) this.group.append(this.draw(box));
  }

  draw(box) {
    const [left, top, right, bottom] = box.bbox;
    const rect = document.createElementNS(SVG, "rect");
    const sides = { x: left - 1, y: top - 1, width: right - left + 2, height: bottom - top + 2, rx: 1.5 };
    for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, value);
    rect.setAttribute("class", `box ${box.kind}`);
    if (box.field) rect.dataset.field = box.field;
    if (box.title) {
      const title = document.createElementNS(SVG, "title");
      title.textContent = box.title;
      rect.append(title);
    }
    return rect;
  }

  // Middle of a box as it lies on the upright page.
  middle(bbox) {
    const x = (bbox[0] + bbox[2]) / 2, y = (bbox[1] + bbox[3]) / 2;
    const { width, height } = this.page;
    return { 90: [height - y, x], 180: [width - x, height - y], 270: [y, width - x] }[this.rotation] || [x, y];
  }

  // The part of the page around a box that is as wide as `share` of it.
  focus(bbox, share = 0.9) {
    const shape = this.shape();
    const wide = Math.min(this.width * share, (this.height * share) * shape);
    const [x, y] = this.middle(bbox);
    this.look(x - wide / 2, y - wide / shape / 2, wide);
  }

  whole() {
    const shape = this.shape();
    const wide = Math.max(this.width, this.height * shape);
    this.look((this.width - wide) / 2, (this.height - wide / shape) / 2, wide);
  }

  shape() {
    const { width, height } = this.svg.getBoundingClientRect();
    return width && height ? width / height : 0.75;
  }

  look(left, top, wide) {
    const high = wide / this.shape();
    const x = inside(left, this.width, wide);
    const y = inside(top, this.height, high);
    this.view = { x, y, wide, high };
    this.svg.setAttribute("viewBox", `${x} ${y} ${wide} ${high}`);
  }

  zoom(factor, atX = 0.5, atY = 0.5) {
    if (!this.view) return;
    const { x, y, wide, high } = this.view;
    const now = Math.min(Math.max(wide / factor, this.width / 20), this.width * 3);
    const real = now / wide;
    this.look(x + wide * atX * (1 - real), y + high * atY * (1 - real), now);
  }

  pan(right, down) {
    if (this.view) this.look(this.view.x + right * this.view.wide, this.view.y + down * this.view.high, this.view.wide);
  }

  onWheel(event) {
    event.preventDefault();
    const around = this.svg.getBoundingClientRect();
    const factor = Math.exp(-event.deltaY / 400);
    this.zoom(factor, (event.clientX - around.left) / around.width, (event.clientY - around.top) / around.height);
  }

  onGrab(event) {
    if (!this.view || event.button !== 0) return;
    const around = this.svg.getBoundingClientRect();
    let { clientX, clientY } = event;
    const move = (moved) => {
      this.pan((clientX - moved.clientX) / around.width, (clientY - moved.clientY) / around.height);
      ({ clientX, clientY } = moved);
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
  }
}
