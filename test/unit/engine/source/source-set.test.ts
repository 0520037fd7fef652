/** Which specs are served by a source that is open already, and what it is told. */
import { expect, test } from 'vitest';
import type { Playback, SourceSpec } from '../../../../src/domain/desired.js';
import { SourceSet } from '../../../../src/engine/source/source-set.js';
import { FakeSource, sourceSpec } from '../fake-source.js';

class PlayedSource extends FakeSource {
  readonly playbacks: Playback[] = [];

  setPlayback(playback: Playback): void {
    this.playbacks.push(playback);
  }
}

function newSet(): { set: SourceSet; opened: PlayedSource[]; closing: SourceSpec[] } {
  const opened: PlayedSource[] = [];
  const closing: SourceSpec[] = [];
  const set = new SourceSet(
    (spec) => {
      const source = new PlayedSource(spec);
      opened.push(source);
      return source;
    },
    (source) => closing.push(source.spec),
  );
  return { set, opened, closing };
}

test('another position, name or playback is the same source; playback is passed on once', () => {
  const { set, opened } = newSet();
  const spec = sourceSpec('RV01', 'a');
  set.sync([spec]);
  expect(opened[0]?.playbacks).toEqual([]);
  const paused = { paused: true, seek: { serial: 1, toMs: 500 } };
  const moved = set.sync([{ ...spec, position: 'RV02', name: 'other', playback: paused }]);
  set.sync([{ ...spec, position: 'RV02', name: 'other', playback: { ...paused, seek: { serial: 1, toMs: 500 } } }]);
  expect(opened).toHaveLength(1);
  expect(moved.get('RV02')).toBe(opened[0]);
  expect(opened[0]?.playbacks).toEqual([paused]);
  expect(set.health()[0]?.position).toBe('RV02');
  set.sync([{ ...spec, position: null, playback: { paused: true, seek: { serial: 2, toMs: 0 } } }]);
  expect(opened[0]?.playbacks).toHaveLength(2);
  expect(set.health()[0]?.position).toBeNull();
});

test('another input or delay is another source; the old one stays until it is pruned', async () => {
  const { set, opened, closing } = newSet();
  const spec = sourceSpec('RV01', 'a');
  set.sync([spec]);
  const now = set.sync([{ ...spec, delayMs: 40 }]).get('RV01');
  expect(now).toBe(opened[1]);
  expect(opened[0]?.closed).toBe(false);
  if (now) set.prune(new Set([now]));
  expect(closing).toEqual([spec]);
  expect(opened[0]?.closed).toBe(true);
  await set.close();
  expect(opened[1]?.closed).toBe(true);
});
