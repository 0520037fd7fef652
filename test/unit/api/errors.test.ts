/** The catalogue, its page in docs and the published codes agree. `CASTDECK_WRITE_DOCS=1` writes the page anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { asApiError, CATALOGUE, invalid, PATTERNS } from '../../../src/api/errors.js';
import { NOT_YET, OPERATIONS } from '../../../src/api/registry.js';
import { Refused } from '../../../src/domain/error.js';
import { ANSWERS } from '../../support/answer-shapes.js';

const PAGE = new URL('../../../docs/errors.md', import.meta.url);

/** Codes of ours: the reference does not name one for the case. */
const OWN: string[] = ['InvalidComponent.NotFound'];

/** Published codes by status, as far as we use them. */
const PUBLISHED: Record<number, string[]> = {
  400: [
    ...['CasterNumberExceed', 'DuplicateLocationID', 'IncompleteSignature', 'IncorrectCasterStatus.Idle'],
    ...[
      'IncorrectCasterStatus.Inuse',
      'IncorrectChannel.Disable',
      'IncorrectSceneStatus',
      'IncorrectSceneStatus.Idle',
      'IncorrectSceneStatus.Inuse',
    ],
    ...['InvalidAudioLayersAndMixListSize.Mismatch', 'InvalidCaster.ChannelDisableUnsupported'],
    ...['InvalidCasterId.Malformed', 'InvalidChargeType.Malformed'],
    ...['InvalidEndTime.Malformed', 'InvalidLiveStreamUrl.Malformed', 'InvalidMaterialId.Malformed'],
    ...['InvalidNormType.Malformed', 'InvalidPageNum.Malformed', 'InvalidPageSize.Malformed', 'InvalidParameter'],
    ...['InvalidParameter.Format', 'InvalidParameter.Malformed', 'InvalidPositionNormalized.Malformed'],
    ...[
      'InvalidResourceId.Malformed',
      'InvalidSceneId.Malformed',
      'InvalidSecurityToken.Malformed',
      'InvalidSignatureMethod',
    ],
    ...['InvalidStartTime.Malformed', 'InvalidStatus.Malformed', 'InvalidTimeStamp.Expired', 'InvalidTimeStamp.Format'],
    ...['InvalidVersion', 'InvalidVideoLayersAndBlendListSize.Mismatch', 'Invalid{ParameterName}'],
    ...[
      'Missing{ParameterName}',
      'ResourceNumberExceed',
      'ResourceOfChannelExist',
      'SignatureDoesNotMatch',
      'SignatureNonceUsed',
    ],
    ...['Throttling.Api', 'Throttling.User', 'UnsupportedHTTPMethod', 'UnsupportedOperation'],
  ],
  403: ['UserQuotaExceed'],
  404: [
    ...[
      'InvalidAccessKeyId.NotFound',
      'InvalidAction.NotFound',
      'InvalidCaster.NotFound',
      'InvalidConfiguration.NotFound',
    ],
    ...['InvalidDomainName.NotFound', 'InvalidLayout.NotFound', 'InvalidResource.NotFound', 'InvalidScene.NotFound'],
    'InvalidUrgentMaterial.NotFound',
  ],
  500: ['InternalError'],
  503: ['ServiceUnavailable'],
};

const all = Object.entries({ ...PATTERNS, ...CATALOGUE });

function page(): string {
  const rows = all.map(([code, { status, message }]) => `| \`${code}\` | ${status} | ${message} |`);
  return [
    '# Errors of the API',
    '',
    'Made from `src/api/errors.ts` by `CASTDECK_WRITE_DOCS=1 npx vitest run test/unit/api/errors.test.ts`; do not edit.',
    '',
    'The message of an answer is often more exact than the one below: it names the parameter and says what would be right.',
    'Clients should look at the code only. Answers with `Throttling` in the code carry `x-acs-retry-after` (ms).',
    '',
    '| Code | Status | Meaning |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

test('docs/errors.md is the catalogue', () => {
  if (process.env.CASTDECK_WRITE_DOCS === '1') writeFileSync(PAGE, page());
  expect(readFileSync(PAGE, 'utf8')).toBe(page());
});

test('every code has the published status, or is ours', () => {
  const expected = Object.entries(PUBLISHED).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)]));
  const actual = all.filter(([code]) => !OWN.includes(code)).map(([code, { status }]) => [code, status]);
  expect(actual.sort()).toEqual(expected.sort());
});

test('refusals of the rules become errors of the wire; surprises do not', () => {
  expect(asApiError(new Refused('InvalidLayout.NotFound', 'none'))).toMatchObject({ status: 404, message: 'none' });
  expect(asApiError(new Refused('InvalidWidthNormalized', 'none'))).toMatchObject({ status: 400 });
  expect(asApiError(new Error('surprise'))).toBeNull();
  expect(invalid('AudioLayer.2.ValidChannel', 'all')).toMatchObject({ code: 'InvalidValidChannel' });
});

test('every operation works or is known not to, and the answers of those that work are checked', () => {
  expect([...OPERATIONS.keys()].filter((name) => NOT_YET.has(name))).toEqual([]);
  expect([...OPERATIONS.keys()].sort()).toEqual(Object.keys(ANSWERS).sort());
});
