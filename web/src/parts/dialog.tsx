// dialog.tsx - the browser's own modal dialog, which keeps focus inside and gives it back.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";

export function Dialog({ label, onClose, wide, bare, children }: { label: string; onClose: () => void; wide?: boolean; bare?: boolean; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const el = box.current;
    if (el && !el.open) el.showModal();
    return () => el?.close();
  }, []);
  return (
    <dialog ref={box} class={"dialog" + (wide ? " wide" : "") + (bare ? " bare" : "")} aria-label={label}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
      onClick={(e) => {
        if (e.target === box.current) onClose();
      }}>
      {!bare && <button type="button" class="ghost dialog-x" aria-label="Close" onClick={onClose}><Icon name="close" /></button>}
      {children}
    </dialog>
  );
}
