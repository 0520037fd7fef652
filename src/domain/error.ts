/** How a rule says no: with a code that the wire knows and a sentence for the caller. */

/** Codes that rules of this folder use; the API's catalogue gives each its HTTP status. */
export type RefusalCode =
  | 'DuplicateLocationID'
  | 'IncorrectCasterStatus.Idle'
  | 'IncorrectCasterStatus.Inuse'
  | 'IncorrectChannel.Disable'
  | 'IncorrectSceneStatus'
  | 'IncorrectSceneStatus.Idle'
  | 'IncorrectSceneStatus.Inuse'
  | 'InvalidAudioLayersAndMixListSize.Mismatch'
  | 'InvalidCallbackUrl'
  | 'InvalidCaster.ChannelDisableUnsupported'
  | 'InvalidComponent.NotFound'
  | 'InvalidConfiguration.NotFound'
  | 'InvalidDomainName.NotFound'
  | 'InvalidHeightNormalized'
  | 'InvalidLayout.NotFound'
  | 'InvalidLiveStreamUrl.Malformed'
  | 'InvalidMaterialId.Malformed'
  | 'InvalidParameter.Malformed'
  | 'InvalidPositionNormalized.Malformed'
  | 'InvalidResource.NotFound'
  | 'InvalidScene.NotFound'
  | 'InvalidSideOutputUrl'
  | 'InvalidSideOutputUrlList'
  | 'InvalidUrgentMaterial.NotFound'
  | 'InvalidVideoLayersAndBlendListSize.Mismatch'
  | 'InvalidWidthNormalized'
  | 'ResourceNumberExceed'
  | 'ResourceOfChannelExist'
  | 'UserQuotaExceed';

/** A call that the rules do not allow; always the caller's fault, and nothing was changed. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
