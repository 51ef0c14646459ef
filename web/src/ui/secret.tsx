import { Button, Checkbox, CopyButton, Modal } from '@mantine/core'
import { type ReactNode, useState } from 'react'

/** A secret that is shown this once: it is closed only by somebody who says they have it. */
export function SecretOnce({
  title,
  secret,
  children,
  close,
}: {
  title: string
  secret: string
  children?: ReactNode
  close: () => void
}) {
  const [has, setHas] = useState(false)
  return (
    <Modal
      opened
      onClose={() => has && close()}
      title={title}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      size="lg"
    >
      <div className="stack">
        <div className="row" style={{ alignItems: 'stretch' }}>
          <pre className="code grow" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {secret}
          </pre>
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <Button variant="default" style={{ height: 'auto' }} onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        </div>
        {children}
        <Checkbox
          label="I have stored it. It is not shown again."
          checked={has}
          onChange={(event) => setHas(event.currentTarget.checked)}
        />
        <Button disabled={!has} onClick={close}>
          Done
        </Button>
      </div>
    </Modal>
  )
}

/** A piece of code, where it goes, and a button to copy it. */
export function Snippet({ text, where }: { text: string; where?: string | undefined }) {
  return (
    <div className="snippet">
      <header>
        <span>{where}</span>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-sm" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the page is moved by keys */}
      <pre className="code" tabIndex={0}>
        {text}
      </pre>
    </div>
  )
}
