import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { VoiceWidget } from './voice-widget';

export const metadata: Metadata = { title: 'Next' };

/** The widget is part of the layout, so a call continues while the visitor follows links. */
export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        {children}
        <VoiceWidget />
      </body>
    </html>
  );
}
