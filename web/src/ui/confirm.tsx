import { Button, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { FormError } from './parts.tsx'

/** Asks before something that cannot be taken back; it starts on Cancel. */
export function Confirm({
  title,
  label,
  of,
  close,
  children,
}: {
  title: string
  /** What the button does, in a word. */
  label: string
  of: { mutate: (asked: undefined) => void; isPending: boolean; error: Error | null }
  close: () => void
  /** What will be gone, and what stays. */
  children: ReactNode
}) {
  return (
    <Modal opened onClose={close} title={title}>
      <div className="stack">
        <div className="soft">{children}</div>
        <FormError error={of.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" data-autofocus onClick={close}>
            Cancel
          </Button>
          <Button color="red" loading={of.isPending} onClick={() => of.mutate(undefined)}>
            {label}
          </Button>
        </div>
      </div>
    </Modal>
  )
}
