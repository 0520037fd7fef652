/** The media types that the rest of the engine handles, without the library behind them. */
export type { TimedSound } from './audio-decoder.js';
export type { TimedPicture } from './decoder.js';
export type { Picture, PictureShape, Plane, Planes } from './picture.js';
