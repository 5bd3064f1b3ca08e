"""Send-only WebRTC: ICE-lite on one UDP port, DTLS passive, SRTP, a GOP replayed to who joins."""
