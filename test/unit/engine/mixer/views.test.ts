/** What is made beside the programme: multiview, monitors of channels, and overlays in both scenes. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DesiredState, OverlaySpec, SceneSpec } from '../../../../src/domain/desired.js';
import { multiviewOf } from '../../../../src/domain/multiview.js';
import { type Picture, planesOf } from '../../../../src/engine/av/picture.js';
import { sheetFromRgba } from '../../../../src/engine/video/sheet.js';
import { desiredOf, sceneOf } from '../../../support/desired.js';
import { FakeSource, sourceSpec } from '../fake-source.js';
import { MixerRig } from '../mixer-rig.js';
import { PictureWatch } from '../picture-watch.js';

const WHITE = 235;
const BLACK = 16;

let watch: PictureWatch;
let sources: FakeSource[];
let rig: MixerRig;
/** The newest picture of the multiview, copied luma. */
let wall: { at: (x: number, y: number) => number; red: (x: number, y: number) => number } | null;

beforeEach(() => {
  watch = new PictureWatch();
  sources = [];
  wall = null;
  const label = sheetFromRgba(new Uint8Array(8 * 4 * 4).fill(255), 8, 4);
  rig = new MixerRig(
    (spec) => {
      const source = new FakeSource(spec);
      source.image = watch.make(60 + sources.length * 40, 64, 36);
      sources.push(source);
      return source;
    },
    () => label,
  );
  const push = rig.multiview.pushPicture.bind(rig.multiview);
  rig.multiview.pushPicture = (picture: Picture) => {
    const { y, v } = planesOf(picture);
    const [luma, chroma] = [Buffer.from(y.data), Buffer.from(v.data)];
    wall = {
      at: (column, row) => luma[row * y.stride + column] ?? -1,
      red: (column, row) => chroma[(row >> 1) * v.stride + (column >> 1)] ?? -1,
    };
    push(picture);
  };
});

afterEach(() => rig.close());

function shows(position: string, overlays: OverlaySpec[] = []): SceneSpec {
  const layer = { source: position, width: 1, height: 1, x: 0, y: 0, refer: 'topLeft' as const, delayMs: 0 };
  return sceneOf({
    video: [{ ...layer, fill: 'fit' }],
    audio: [{ source: position, gain: 1, channels: 'all', delayMs: 0 }],
    overlays,
  });
}

let revision = 0;

function apply(parts: Partial<DesiredState>): void {
  const sourceSpecs = ['RV01', 'RV02', 'RV03'].map((position) => sourceSpec(position));
  const state = { sources: sourceSpecs, pgm: shows('RV01'), pvw: shows('RV02'), ...parts };
  rig.apply(desiredOf({ ...rig.state, ...state, revision: ++revision }));
}

function ticks(count: number): void {
  for (let done = 0; done < count; done++) rig.tick();
}

function source(index: number): FakeSource {
  const found = sources[index];
  if (!found) throw new Error(`source ${index} was not opened`);
  return found;
}

/** Middle of a tile. */
function middle(kind: string, name = ''): [number, number] {
  const tile = multiviewOf(rig.state).tiles.find((one) => one.kind === kind && one.name.includes(name));
  if (!tile) throw new Error(`no tile ${kind} ${name}`);
  return [tile.x + tile.width / 2 - 20, tile.y + tile.height / 2 - 20];
}

describe('the multiview', () => {
  test('shows preview, programme and every source, those in no scene too', () => {
    rig.multiview.needed = true;
    apply({});
    ticks(3);
    expect(wall?.at(...middle('pgm'))).toBe(60);
    expect(wall?.at(...middle('pvw'))).toBe(100);
    expect(['RV01', 'RV02', 'RV03'].map((name) => wall?.at(...middle('source', name)))).toEqual([60, 100, 140]);
  });

  test('costs nothing as long as nobody watches it', () => {
    apply({});
    ticks(3);
    expect(wall).toBeNull();
    expect(sources.map(({ wanted }) => wanted)).toEqual([true, true, false]);
    rig.multiview.needed = true;
    ticks(1);
    expect(source(2).wanted).toBe(true);
    rig.multiview.needed = false;
    ticks(1);
    expect(source(2).wanted).toBe(false);
  });

  test('a new state does not let go, for a moment, of what only the multiview shows', () => {
    rig.multiview.needed = true;
    apply({});
    ticks(2);
    const told: boolean[] = [];
    source(2).setWanted = (wanted) => told.push(wanted);
    apply({ pvw: shows('RV01') });
    ticks(2);
    expect(new Set(told)).toEqual(new Set([true]));
  });

  test('borders tell who is on air and who is next', () => {
    rig.multiview.needed = true;
    apply({});
    ticks(2);
    const border = (name: string): number => {
      const tile = multiviewOf(rig.state).tiles.find((one) => one.kind === 'source' && one.name.includes(name));
      return wall?.red((tile?.x ?? 0) + 1, (tile?.y ?? 0) + 40) ?? -1;
    };
    expect(border('RV01')).toBeGreaterThan(200);
    expect(border('RV02')).toBeLessThan(100);
    expect(border('RV03')).toBe(128);
  });

  test('a bar shows how loud a source is, whoever hears it', () => {
    rig.multiview.needed = true;
    apply({});
    source(2).level = () => [0.5, 0.5];
    ticks(3);
    const bar = (name: string): number[] => {
      const tile = multiviewOf(rig.state).tiles.find((one) => one.kind === 'source' && one.name.includes(name));
      const { x, y, width, height } = tile ?? { x: 0, y: 0, width: 0, height: 0 };
      return Array.from({ length: height - 10 }, (_, row) => wall?.at(x + width - 7, y + 5 + row) ?? -1);
    };
    // -6 dBFS is nine tenths of a bar that begins at -60.
    const lit = bar('RV03').filter((luma) => luma > 40).length / bar('RV03').length;
    expect(lit).toBeGreaterThan(0.85);
    expect(lit).toBeLessThan(0.95);
    expect(bar('RV02').every((luma) => luma < 40)).toBe(true);
  });

  test('says in words that a source is lost', () => {
    rig.multiview.needed = true;
    apply({});
    ticks(2);
    const tile = multiviewOf(rig.state).tiles.find(({ name }) => name.includes('RV03'));
    const [x, y] = [(tile?.x ?? 0) + (tile?.width ?? 0) / 2, (tile?.y ?? 0) + (tile?.height ?? 0) / 2];
    expect(wall?.at(x, y)).toBe(140);
    const health = source(2).health();
    source(2).health = () => ({ ...health, status: 'lost' });
    ticks(1);
    expect(wall?.at(x, y)).toBe(WHITE);
  });

  test('has the sound of the programme, with the same sample numbers', () => {
    rig.multiview.needed = true;
    apply({});
    source(0).level = () => [0.25, 0.25];
    ticks(2);
    rig.tick(3);
    expect(rig.multiview.sounds).toEqual(rig.pgm.sounds);
    expect(rig.multiview.sounds.at(-1)?.last).toBeCloseTo(0.25, 3);
  });
});

describe('monitors of channels', () => {
  const monitors = [{ position: 'RV03', stream: 'caster/x_rv03' }];

  test('show and sound like their source while somebody watches', () => {
    apply({ monitors });
    ticks(2);
    const [monitor] = rig.monitors;
    if (!monitor) throw new Error('no monitor');
    source(2).level = () => [0.5, 0.5];
    ticks(3);
    expect(monitor.last).toBe(140);
    expect(monitor.sounds.at(-1)?.last).toBeCloseTo(0.5, 3);
    monitor.needed = false;
    ticks(2);
    expect(source(2).wanted).toBe(false);
  });

  test('end when their channel is unbound, and stay open through other changes', () => {
    apply({ monitors });
    ticks(2);
    apply({ monitors, pvw: null });
    ticks(2);
    expect(rig.monitors).toHaveLength(1);
    apply({ monitors: [] });
    ticks(2);
    expect(rig.monitors[0]?.closed).toBe(true);
  });
});

describe('overlays', () => {
  function text(parts: Partial<OverlaySpec> = {}): OverlaySpec {
    const style = { font: 'KaiTi' as const, size: 0.5, color: 0xffffff, outline: { color: null, width: 0 } };
    return {
      id: 'title',
      name: 'title',
      order: 'cover',
      content: { kind: 'text', text: 'x', style: { ...style, align: 'left' } },
      width: 0,
      height: 0,
      x: 0,
      y: 0,
      refer: 'center',
      opacity: 1,
      effect: 'none',
      crawlSpeed: 0.1,
      ...parts,
    };
  }

  /** Ticks until a state is applied: drawing takes a few turns of the event loop. */
  async function settle(): Promise<number> {
    let luma = rig.tick();
    for (let turns = 0; rig.applied < revision && turns < 50; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      luma = rig.tick();
    }
    return luma;
  }

  test('go on air with their scene, in the very tick: the take waits until they are drawn', async () => {
    apply({});
    ticks(2);
    apply({ pgm: shows('RV01', [text()]) });
    let before = 0;
    while (rig.applied < revision && before < 50) {
      const luma = rig.tick();
      if (rig.applied < revision) {
        expect(luma).toBe(60);
        before++;
        await new Promise((resolve) => setImmediate(resolve));
      } else {
        expect(luma).toBe(WHITE);
      }
    }
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(15);
  });

  test('in the background lie under the pictures', async () => {
    apply({ pgm: shows('RV01', [text({ order: 'background' })]) });
    expect(await settle()).toBe(60);
    apply({ pgm: sceneOf({ overlays: [text({ order: 'background' })] }) });
    expect(await settle()).toBe(WHITE);
  });

  test('have the opacity of their own scene, though both scenes share one drawing', async () => {
    apply({ pgm: sceneOf({ overlays: [text({ opacity: 0.5 })] }), pvw: sceneOf({ overlays: [text()] }) });
    await settle();
    ticks(1);
    expect(rig.pgm.last).toBeCloseTo((BLACK + WHITE) / 2, -1);
    expect(rig.pvw.last).toBe(WHITE);
    expect([...rig.overlays]).toHaveLength(1);
  });

  test('that no scene shows any more are closed, but not before a fade that still shows them is over', async () => {
    apply({ pgm: shows('RV01', [text()]) });
    await settle();
    apply({ pgm: shows('RV02'), take: { serial: 9, kind: 'fade', color: 0, durationMs: 200 } });
    ticks(3);
    expect([...rig.overlays]).toHaveLength(1);
    ticks(5);
    expect([...rig.overlays]).toHaveLength(0);
  });
});

test('a source that is removed in the middle of a fade stays open until the fade is over', () => {
  apply({});
  ticks(2);
  const specs = [sourceSpec('RV02'), sourceSpec('RV03')];
  apply({ sources: specs, pgm: shows('RV02'), take: { serial: 9, kind: 'fade', color: 0, durationMs: 200 } });
  const lumas = Array.from({ length: 5 }, () => rig.tick());
  expect(lumas[0]).toBeGreaterThan(60);
  expect(lumas[0]).toBeLessThan(80);
  expect(source(0).closed).toBe(false);
  ticks(3);
  expect(source(0).closed).toBe(true);
  expect(rig.errors).toEqual([]);
});
