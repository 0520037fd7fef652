/**
 * Every error of the API: code, HTTP status and what it says when the thrower adds nothing. `docs/errors.md` is made
 * from this table and compared with it by a test. Codes are the contract; messages are for people.
 */
import { type RefusalCode, Refused } from '../domain/error.js';
import { StudioRuntimeError } from '../domain/ports.js';

interface Entry {
  status: number;
  message: string;
}

export const CATALOGUE = {
  CasterNumberExceed: { status: 400, message: 'There are as many studios as this server is set up for.' },
  DuplicateLocationID: { status: 400, message: 'The position is taken.' },
  IncompleteSignature: { status: 400, message: 'The call is not signed, or its signature lacks a part.' },
  'IncorrectCasterStatus.Idle': { status: 400, message: 'The studio is idle but must run.' },
  'IncorrectCasterStatus.Inuse': { status: 400, message: 'The studio runs but must be idle.' },
  'IncorrectChannel.Disable': { status: 400, message: 'The studio has no channels.' },
  IncorrectSceneStatus: { status: 400, message: 'The scene is not in the state that the call needs.' },
  'IncorrectSceneStatus.Idle': { status: 400, message: 'The scene is off but must be on.' },
  'IncorrectSceneStatus.Inuse': { status: 400, message: 'The scene is on but must be off.' },
  InternalError: { status: 500, message: 'Something failed inside the server; its log has the details.' },
  'InvalidAccessKeyId.NotFound': { status: 404, message: 'This access key id is not known here.' },
  'InvalidAction.NotFound': { status: 404, message: 'There is no such operation.' },
  'InvalidAudioLayersAndMixListSize.Mismatch': { status: 400, message: 'AudioLayer and MixList differ in length.' },
  'InvalidCaster.ChannelDisableUnsupported': { status: 400, message: 'Channels cannot be turned off again.' },
  'InvalidCaster.NotFound': { status: 404, message: 'There is no studio with this id.' },
  'InvalidCasterId.Malformed': { status: 400, message: 'CasterId is not an id.' },
  'InvalidChargeType.Malformed': { status: 400, message: 'ChargeType must be PostPaid.' },
  'InvalidComponent.NotFound': { status: 404, message: 'There is no component with this id.' },
  'InvalidConfiguration.NotFound': { status: 404, message: 'A setting that the call needs is missing.' },
  'InvalidDomainName.NotFound': { status: 404, message: 'The studio has no DomainName.' },
  'InvalidEndTime.Malformed': { status: 400, message: 'EndTime must look like 2026-01-02T03:04:05Z.' },
  'InvalidLayout.NotFound': { status: 404, message: 'There is no layout with this id.' },
  'InvalidLiveStreamUrl.Malformed': { status: 400, message: 'LiveStreamUrl is not a usable URL.' },
  'InvalidMaterialId.Malformed': { status: 400, message: 'MaterialId is not usable.' },
  'InvalidNormType.Malformed': { status: 400, message: 'NormType must be 1, the general studio.' },
  'InvalidPageNum.Malformed': { status: 400, message: 'PageNum must be a whole number from 1.' },
  'InvalidPageSize.Malformed': { status: 400, message: 'PageSize must be a whole number from 1 to 100.' },
  InvalidParameter: { status: 400, message: 'A parameter is not usable.' },
  'InvalidParameter.Format': { status: 400, message: 'Format must be JSON or XML.' },
  'InvalidParameter.Malformed': { status: 400, message: 'A parameter is not usable.' },
  'InvalidPositionNormalized.Malformed': { status: 400, message: 'A position needs two numbers from 0 to 1.' },
  'InvalidResource.NotFound': { status: 404, message: 'There is no such source.' },
  'InvalidResourceId.Malformed': { status: 400, message: 'ResourceId is not an id.' },
  'InvalidScene.NotFound': { status: 404, message: 'There is no scene with this id.' },
  'InvalidSceneId.Malformed': { status: 400, message: 'SceneId is not an id.' },
  'InvalidSecurityToken.Malformed': {
    status: 400,
    message: 'Temporary credentials are not supported; sign with the access key of this server.',
  },
  InvalidSignatureMethod: { status: 400, message: 'Use ACS3-HMAC-SHA256, or HMAC-SHA1 with SignatureVersion 1.0.' },
  'InvalidStartTime.Malformed': { status: 400, message: 'StartTime must look like 2026-01-02T03:04:05Z.' },
  'InvalidStatus.Malformed': { status: 400, message: 'Status must be 0 (idle) or 1 (on air).' },
  'InvalidTimeStamp.Expired': {
    status: 400,
    message: 'The time of the call is more than 15 minutes from the time of this server.',
  },
  'InvalidTimeStamp.Format': { status: 400, message: 'The time of the call must look like 2026-01-02T03:04:05Z.' },
  InvalidVersion: { status: 400, message: 'The version must be 2016-11-01.' },
  'InvalidUrgentMaterial.NotFound': { status: 404, message: 'The studio has no standby.' },
  'InvalidVideoLayersAndBlendListSize.Mismatch': {
    status: 400,
    message: 'A list of layers and its list of positions differ in length.',
  },
  ResourceNumberExceed: { status: 400, message: 'The studio has as many sources as this server is set up for.' },
  ResourceOfChannelExist: { status: 400, message: 'The source is bound to a channel already.' },
  ServiceUnavailable: { status: 503, message: 'Not possible just now; try again.' },
  SignatureDoesNotMatch: {
    status: 400,
    message: 'The signature is not the one that this call has with the secret of this key.',
  },
  SignatureNonceUsed: { status: 400, message: 'This nonce was used before; every call needs a new one.' },
  'Throttling.Api': { status: 400, message: 'Too many calls are waiting for this studio.' },
  'Throttling.User': { status: 400, message: 'Too many calls of this operation.' },
  UnsupportedHTTPMethod: { status: 400, message: 'Calls are made with GET or POST.' },
  UnsupportedOperation: { status: 400, message: 'This is not supported yet.' },
  UserQuotaExceed: { status: 403, message: 'A limit of this server is reached.' },
} as const satisfies Record<string, Entry>;

/** Codes that are made with the name of a parameter. */
export const PATTERNS = {
  'Missing{ParameterName}': { status: 400, message: 'A parameter that the operation requires is absent or empty.' },
  'Invalid{ParameterName}': { status: 400, message: 'A parameter has a value that the operation does not take.' },
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof CATALOGUE;

/** An error as it goes over the wire. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly status: number;
  /** For throttling: when a repetition makes sense, ms. */
  readonly retryAfterMs: number | null;
  constructor(code: string, status: number, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** An error of the catalogue; `message` replaces the standing one. */
export function fault(code: ErrorCode, message?: string, retryAfterMs?: number): ApiError {
  const entry = CATALOGUE[code];
  return new ApiError(code, entry.status, message ?? entry.message, retryAfterMs ?? null);
}

/** The last name of a path like `VideoLayer.1.FillMode`, which the pattern codes carry. */
function lastName(path: string): string {
  return path.split('.').findLast((part) => !/^\d+$/.test(part)) ?? path;
}

export function missing(path: string): ApiError {
  return new ApiError(`Missing${lastName(path)}`, 400, `The parameter ${path} is required and was not given.`);
}

/** @param expects what would be right, as the end of "X must be ..." */
export function invalid(path: string, expects: string): ApiError {
  return new ApiError(`Invalid${lastName(path)}`, 400, `The parameter ${path} must be ${expects}.`);
}

const PATTERN_REFUSALS: readonly RefusalCode[] = [
  'InvalidCallbackUrl',
  'InvalidHeightNormalized',
  'InvalidSideOutputUrl',
  'InvalidSideOutputUrlList',
  'InvalidWidthNormalized',
];

function isCatalogued(code: string): code is ErrorCode {
  return Object.hasOwn(CATALOGUE, code);
}

/** Whose fault an engine's failure is: ours when it broke, nobody's when it was only too slow. */
export function runtimeFault(error: StudioRuntimeError, outcome: string): ApiError {
  const code = error.reason === 'engine-failed' ? 'InternalError' : 'ServiceUnavailable';
  return fault(code, `${outcome} (${error.reason}: ${error.message})`);
}

/** What the wire says to anything that was thrown; `null` for a surprise, which is logged and answered InternalError. */
export function asApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (error instanceof Refused) {
    if (isCatalogued(error.code)) return fault(error.code, error.message);
    if (PATTERN_REFUSALS.includes(error.code)) return new ApiError(error.code, 400, error.message);
  }
  if (error instanceof StudioRuntimeError) return runtimeFault(error, 'The engine did not do what was asked');
  return null;
}
