import { Button, Modal, type ModalProps } from '@mantine/core'
import type { ReactNode } from 'react'
import { FormError } from './parts.tsx'

/** A dialog that makes or changes something: its fields, what went wrong, Cancel, and the verb. */
export function FormDialog({
  opened = true,
  title,
  verb,
  of,
  close,
  disabled = false,
  size,
  children,
}: {
  opened?: boolean
  title: string
  /** What its button says and does. */
  verb: ReactNode
  of: { mutate: (asked: undefined) => void; isPending: boolean; error: Error | null }
  close: () => void
  disabled?: boolean
  size?: ModalProps['size']
  children: ReactNode
}) {
  return (
    <Modal opened={opened} onClose={close} title={title} {...(size ? { size } : {})}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          of.mutate(undefined)
        }}
      >
        {children}
        <FormError error={of.error} />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={of.isPending} disabled={disabled}>
            {verb}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
