/** The layout that shows one source alone, in the whole frame: what a click on its picture means. */
import { layerBox } from './geometry.js';
import type { Layout } from './wire.js';

const NEARLY = 0.001;

/** The first layout whose only picture is the source at `place` and fills the frame. */
export function fullPictureOf(place: string, layouts: readonly Layout[]): Layout | undefined {
  return layouts.find(({ layers }) => {
    const [layer] = layers;
    if (layers.length !== 1 || !layer || layer.position !== place) return false;
    const box = layerBox(layer);
    const offs = [box.x, box.y, 1 - box.width, 1 - box.height];
    return offs.every((off) => Math.abs(off) < NEARLY);
  });
}

/** Parameters of AddCasterLayout for such a layout, with the sound of the source. */
export function fullPictureParams(place: string): Record<string, string> {
  return {
    'BlendList.1': place,
    'VideoLayer.1.FillMode': 'fit',
    'VideoLayer.1.WidthNormalized': '1',
    'VideoLayer.1.HeightNormalized': '1',
    'VideoLayer.1.PositionRefer': 'center',
    'MixList.1': place,
    'AudioLayer.1.VolumeRate': '1',
  };
}
