/** The form of an operation: name, rate, parameters and what it does. One file of `operations/` for each noun. */
import type { ParamNode } from './decode.js';
import type { Answer } from './encode.js';
import { object, required, type Shape, text, type Values } from './params.js';
import type { Services } from './services.js';

export interface Operation {
  name: string;
  /** Calls per second and key. */
  qpsLimit: number;
  /** Reads the parameters and does the work; the answer lacks only RequestId. @throws ApiError or Refused */
  run(parameters: ParamNode, services: Services): Promise<Answer>;
}

export function operation<S extends Shape>(spec: {
  name: string;
  qpsLimit: number;
  parameters: S;
  handle(parameters: Values<S>, services: Services): Promise<Answer>;
}): Operation {
  const reader = object(spec.parameters);
  return {
    name: spec.name,
    qpsLimit: spec.qpsLimit,
    run: async (parameters, services) => spec.handle(reader.read(parameters, ''), services),
  };
}

/** Ids are made by us, but older clients may know other forms; whatever has no stored object is not found later. */
export const ID_PATTERN = /^[A-Za-z0-9_-]{1,100}$/;
const id = { max: 100, pattern: ID_PATTERN, expects: 'an id that this API gave out' };

export const casterId = required(text({ ...id, code: 'InvalidCasterId.Malformed' }));
export const sceneId = required(text({ ...id, code: 'InvalidSceneId.Malformed' }));
export const resourceId = required(text({ ...id, code: 'InvalidResourceId.Malformed' }));
export const someId = text(id);

/** RV01 to RV99. */
export const position = text({ max: 4, pattern: /^RV(0[1-9]|[1-9][0-9])$/, expects: 'a position from RV01 to RV99' });
