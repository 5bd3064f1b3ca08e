"""The video plane beside aiortc and Janus: same clip, same machine, same run."""
