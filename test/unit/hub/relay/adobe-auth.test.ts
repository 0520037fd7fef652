import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { answerTo } from '../../../../src/hub/relay/adobe-auth.js';

const ME = { user: 'me', password: 'pass' };
const md5 = (text: string): string => createHash('md5').update(text).digest('base64');

test('the first refusal is answered with the name, the second with a proof, a third is final', () => {
  const asked = '[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ';
  expect(answerTo(asked, ME, '01020304')).toBe('?authmod=adobe&user=me');
  const needs =
    '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=me&salt=c2FsdA==&challenge=abc&opaque=xyz==';
  const proof = md5(`${md5('mec2FsdA==pass')}xyz==01020304`);
  expect(answerTo(needs, ME, '01020304')).toBe(
    `?authmod=adobe&user=me&challenge=01020304&response=${proof}&opaque=xyz==`,
  );
  expect(answerTo('[ authmod=adobe ] : ?reason=authfailed&opaque=xyz', ME, '01020304')).toBeNull();
});

test('without a name, or another way of asking, there is no answer', () => {
  expect(answerTo('[ code=403 need auth; authmod=adobe ]', { user: '', password: '' }, '01020304')).toBeNull();
  expect(answerTo('[ code=403 need auth; authmod=llnw ]', ME, '01020304')).toBeNull();
});
