/** How the relays of a studio do. What they are is set by SetCasterConfig. */
import { maskedRelay } from '../../domain/relay.js';
import { requireCaster } from '../change.js';
import { casterId, type Operation, operation } from '../operation.js';
import { wireTime } from '../view.js';

const describeCasterRelays = operation({
  name: 'DescribeCasterRelays',
  qpsLimit: 15,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const { id } = await requireCaster(services, call.CasterId);
    return {
      CasterId: id,
      Relays: {
        Relay: services.runtime.relays(id).map(({ target, state }) => ({
          Url: maskedRelay(target),
          Status: state.status,
          Reason: state.reason,
          Since: wireTime(state.since),
          Bytes: state.bytes,
          Bitrate: state.bitrate,
          DroppedFrames: state.droppedFrames,
          Reconnects: state.reconnects,
        })),
      },
    };
  },
});

export const RELAY_OPERATIONS: readonly Operation[] = [describeCasterRelays];
