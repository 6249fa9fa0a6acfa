// Where on the picture of a cell the very thing is that the cell is doubted for: the coloured ink of a seal or a pen, a
// stroke through the figure, ink beside what was read.
"use strict";

const MARK_SAMPLE = 360;  // pixels across in which it is looked for
const COLOURED = 60;      // difference of the strongest and the weakest colour, of 255, of what is coloured ink
const DARK = 0.62;        // of the brightness of the paper, below which something is ink
const LEAST_INK = 8;      // pixels of what is no speck
const EDGE = 0.04;        // of the frame, within which ink is what is left of a ruling
const WIDE = 1.6;         // width by height from which on ink is no digit but a stroke

// Boxes of the marks as [left, top, right, bottom] in shares of the picture; none where nothing is found.
function findMarks(image, codes, frame) {
  const has = (...wanted) => wanted.some((code) => codes.includes(code));
  if (!has("sealed", "foreign_ink", "struck_out", "ink_left_out")) return [];
  const picture = sample(image);
  const found = has("sealed", "foreign_ink") ? around(picture, colouredInk(picture)) : [];
  if (found.length || !has("foreign_ink", "struck_out", "ink_left_out")) return found;
  const parts = inkParts(picture, frame);
  const strokes = parts.filter((item) => item.right - item.left + 1 >= WIDE * (item.bottom - item.top + 1));
  if (has("struck_out", "foreign_ink") && strokes.length) return strokes.map((item) => sharesOf(picture, item));
  return has("ink_left_out", "foreign_ink") ? beside(parts).map((item) => sharesOf(picture, item)) : [];
}

function sample(image) {
  const canvas = document.createElement("canvas");
  canvas.width = MARK_SAMPLE;
  canvas.height = Math.max(1, Math.round((MARK_SAMPLE * image.naturalHeight) / image.naturalWidth));
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return { width: canvas.width, height: canvas.height, data: pen.getImageData(0, 0, canvas.width, canvas.height).data };
}

function colouredInk({ data }) {
  const found = [];
  for (let i = 0; i < data.length; i += 4) {
    const ink = [data[i], data[i + 1], data[i + 2]];
    if (Math.max(...ink) - Math.min(...ink) >= COLOURED) found.push(i / 4);
  }
  return found;
}

// The box around some pixels, as a list of none or one.
function around(picture, pixels) {
  if (pixels.length < LEAST_INK) return [];
  const box = { left: Infinity, top: Infinity, right: 0, bottom: 0 };
  for (const at of pixels) widen(box, at % picture.width, Math.floor(at / picture.width));
  return [sharesOf(picture, box)];
}

function widen(box, x, y) {
  box.left = Math.min(box.left, x);
  box.top = Math.min(box.top, y);
  box.right = Math.max(box.right, x);
  box.bottom = Math.max(box.bottom, y);
}

const sharesOf = ({ width, height }, box) => [box.left / width, box.top / height, (box.right + 1) / width, (box.bottom + 1) / height];

// Pieces of ink within the frame of the cell that do not reach beyond it, as rulings do.
function inkParts(picture, frame) {
  const { width, height, data } = picture;
  const bright = Array.from({ length: width * height }, (_, i) => 0.3 * data[4 * i] + 0.59 * data[4 * i + 1] + 0.11 * data[4 * i + 2]);
  const paper = [...bright].sort((a, b) => a - b)[Math.floor(bright.length * 0.75)];
  const [left, top, right, bottom] = [frame[0] * width, frame[1] * height, frame[2] * width, frame[3] * height];
  const isInside = (at) => at % width >= left && at % width < right && Math.floor(at / width) >= top && Math.floor(at / width) < bottom;
  const ink = new Set();
  bright.forEach((value, at) => { if (value < DARK * paper && isInside(at)) ink.add(at); });
  const parts = [];
  while (ink.size) parts.push(takePart(ink, width));
  const [across, down] = [EDGE * (right - left) + 1, EDGE * (bottom - top) + 1];
  const touches = (item) => item.left <= left + across || item.right >= right - across - 1 || item.top <= top + down || item.bottom >= bottom - down - 1;
  return parts.filter((item) => item.size >= LEAST_INK && !touches(item));
}

// Takes one connected piece out of a set of pixels.
function takePart(pixels, width) {
  const [first] = pixels;
  const part = { left: Infinity, top: Infinity, right: 0, bottom: 0, size: 0 };
  const waiting = [first];
  pixels.delete(first);
  while (waiting.length) {
    const at = waiting.pop();
    part.size += 1;
    widen(part, at % width, Math.floor(at / width));
    for (const next of [at - width - 1, at - width, at - width + 1, at - 1, at + 1, at + width - 1, at + width, at + width + 1]) {
      if (pixels.delete(next)) waiting.push(next);
    }
  }
  return part;
}

// Pieces that do not stand in the line of the largest one, or far from it: the figure is what stands there.
function beside(parts) {
  if (!parts.length) return [];
  const main = parts.reduce((one, other) => (other.size > one.size ? other : one));
  const high = main.bottom - main.top + 1;
  let figure = [main];
  let isGrown = true;
  while (isGrown) {
    const near = parts.filter((item) => !figure.includes(item) && figure.some((other) => Math.max(item.left - other.right, other.left - item.right) <= high)
      && Math.min(item.bottom, main.bottom) - Math.max(item.top, main.top) >= 0.5 * Math.min(high, item.bottom - item.top + 1) && item.bottom - item.top + 1 >= 0.6 * high);
    isGrown = near.length > 0;
    figure = [...figure, ...near];
  }
  return parts.filter((item) => !figure.includes(item));
}
