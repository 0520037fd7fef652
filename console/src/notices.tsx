/** What went wrong, in words, until somebody has read it. */
export interface Notice {
  id: number;
  text: string;
}

interface NoticesProps {
  /** In their order in time; the newest is shown on top. */
  notices: readonly Notice[];
  /** Why the page shows old data; empty when it does not. */
  contact: string;
  /** What the studio lacks, which is no trouble; empty when it lacks nothing. */
  hint: string;
  onDismiss: (id: number) => void;
}

export function Notices({ notices, contact, hint, onDismiss }: NoticesProps) {
  const troubles = (
    <div className="notices" aria-live="assertive" data-testid="errors">
      {contact && <p className="notice contact">{contact}</p>}
      {[...notices].reverse().map((notice) => (
        <p className="notice" key={notice.id}>
          <span>{notice.text}</span>
          <button type="button" aria-label="Dismiss" onClick={() => onDismiss(notice.id)}>
            ×
          </button>
        </p>
      ))}
    </div>
  );
  return (
    <>
      {troubles}
      {hint && (
        <p className="hint" role="status" data-testid="hint">
          {hint}
        </p>
      )}
    </>
  );
}
