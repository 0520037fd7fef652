import { describe, expect, test } from 'vitest';
import { multiviewOf } from '../../../src/domain/multiview.js';
import { sceneOf, sourceSpecOf } from '../../support/desired.js';

function view(positions: (string | null)[]) {
  const sources = positions.map((position, index) => {
    return sourceSpecOf({
      id: `s${index}`,
      name: `n${index}`,
      position,
      input: { kind: 'test', pattern: 'bars', toneHz: 440 },
    });
  });
  return multiviewOf({ sources, pvw: sceneOf() });
}

describe('the multiview', () => {
  test.each([0, 1, 8, 9, 18, 32, 50, 99, 128])(
    'of %i sources: tiles lie side by side, inside the frame, on even pixels',
    (count) => {
      const { width, height, tiles } = view(
        Array.from({ length: count }, (_, index) => `RV${String(index).padStart(3, '0')}`),
      );
      expect(tiles).toHaveLength(count + 2);
      const seen = new Set<string>();
      for (const tile of tiles) {
        expect([tile.x, tile.y, tile.width, tile.height].every((value) => value % 2 === 0 && value >= 0)).toBe(true);
        expect(tile.x + tile.width).toBeLessThanOrEqual(width);
        expect(tile.y + tile.height).toBeLessThanOrEqual(height);
        seen.add(`${tile.x},${tile.y}`);
      }
      expect(seen.size).toBe(count + 2);
    },
  );

  test('sources are in the order of their positions, those that are not bound last', () => {
    const names = view(['RV10', null, 'RV02', null, 'RV01']).tiles.filter(({ kind }) => kind === 'source');
    expect(names.map(({ position }) => position)).toEqual(['RV01', 'RV02', 'RV10', null, null]);
    expect(names.map(({ name }) => name)).toEqual(['RV01 n4', 'RV02 n2', 'RV10 n0', 'n1', 'n3']);
  });

  test('a preview that is off says so', () => {
    expect(multiviewOf({ sources: [], pvw: null }).tiles.map(({ name }) => name)).toEqual([
      'PREVIEW (off)',
      'PROGRAMME',
    ]);
  });
});
