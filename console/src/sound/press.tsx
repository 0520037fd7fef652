/** A button that is on or off. */
import type { ReactNode } from 'react';

interface PressProps {
  /** Kind of its colours when it is on. */
  kind: string;
  label: string;
  testId: string;
  isOn: boolean;
  isDisabled?: boolean;
  title?: string;
  onPress: () => void;
  children: ReactNode;
}

export function Press({ kind, label, testId, isOn, isDisabled = false, title, onPress, children }: PressProps) {
  return (
    <button
      type="button"
      className={`press ${kind}`}
      data-testid={testId}
      aria-label={label}
      aria-pressed={isOn}
      title={title ?? label}
      disabled={isDisabled}
      onClick={(event) => {
        // After a click with the pointer Space means CUT, not the same button again.
        if (event.detail > 0) event.currentTarget.blur();
        onPress();
      }}
    >
      {children}
    </button>
  );
}
