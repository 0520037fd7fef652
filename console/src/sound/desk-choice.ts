/** How the operator wants the sound desk; the browser keeps it. */

export interface DeskChoice {
  /** Folded away when false. */
  isOpen: boolean;
  /** Which mix the strips change. */
  scene: 'pvw' | 'pgm';
  /** Whether channels, delays, filters and the settings of talk-over, tone and alarm are shown. */
  hasSettings: boolean;
  /** Of what is listened to by SOLO, 0 to 1. */
  volume: number;
}

const KEY = 'castdeck.sound-desk';
const STANDARD: DeskChoice = { isOpen: true, scene: 'pgm', hasSettings: false, volume: 1 };

/** What was kept, with the standard in place of everything that is missing or odd. */
export function readDeskChoice(kept: string | null): DeskChoice {
  let value: unknown = null;
  try {
    value = JSON.parse(kept ?? 'null');
  } catch {
    // Something else wrote it: as if nothing had been kept.
  }
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { volume } = given;
  return {
    isOpen: typeof given.isOpen === 'boolean' ? given.isOpen : STANDARD.isOpen,
    // A page that is opened anew begins with what its hands are on by default: the programme.
    scene: STANDARD.scene,
    hasSettings: typeof given.hasSettings === 'boolean' ? given.hasSettings : STANDARD.hasSettings,
    volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : STANDARD.volume,
  };
}

/** A browser that keeps nothing for this page still has a desk that works. */
export function deskChoice(): DeskChoice {
  try {
    return readDeskChoice(localStorage.getItem(KEY));
  } catch {
    return STANDARD;
  }
}

export function keepDeskChoice(choice: DeskChoice): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // A browser that keeps nothing: the choice holds until the page is left.
  }
}
