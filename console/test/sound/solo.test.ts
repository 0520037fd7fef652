import { expect, test } from 'vitest';
import { withoutGone, withToggled } from '../../src/sound/solo.js';

test('a place is chosen and left again; two clicks before the page is drawn both count', () => {
  const one = withToggled({ id: '', places: [] }, 's', 'RV01');
  expect(one).toEqual({ id: 's', places: ['RV01'] });
  const two = withToggled(one, 's', 'RV02');
  expect(two.places).toEqual(['RV01', 'RV02']);
  expect(withToggled(two, 's', 'RV01').places).toEqual(['RV02']);
  // Nothing of another studio.
  expect(withToggled(two, 't', 'RV01')).toEqual({ id: 't', places: ['RV01'] });
});

test('the place of a deleted source leaves the choice', () => {
  const chosen = { id: 's', places: ['RV01', 'RV02'] };
  expect(withoutGone(chosen, 's', ['RV02', 'RV03'])).toEqual({ id: 's', places: ['RV02'] });
  expect(withoutGone(chosen, 's', ['RV02', 'RV01'])).toBe(chosen);
  // The sources of the studio that is shown now say nothing of one that was shown before.
  expect(withoutGone(chosen, 't', [])).toBe(chosen);
});
