/** What a mix is made of. */
import type { AudioLayer } from '../../domain/desired.js';
import type { Source } from '../source/source.js';

/** A layer of the mix with its source. */
export interface MixLayer {
  layer: AudioLayer;
  source: Source;
  /** 0 to 1: how much of its scene is to be heard. */
  share: number;
}
