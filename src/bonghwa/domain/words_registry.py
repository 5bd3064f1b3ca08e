"""Korean and English words of the registry: warnings about cameras, health, where a pose comes from. `str.format` with values."""

WARNING_WORDS: dict[str, tuple[str, str]] = {
    "shared_point": ("다른 설치 지점과 좌표가 같음 (한 기둥으로 봄)", "Shares its point with other sites (taken for one pole)"),
    "coarse_coordinates": ("좌표가 거침 (소수 4자리 이하, 약 10 m)", "Coarse coordinates (four decimals or fewer, about 10 m)"),
    "outside_city": ("모든 군·구 경계 밖", "Outside every district"),
    "district_mismatch": ("주소의 군·구와 좌표의 군·구가 다름", "Address and point lie in different districts"),
    "stale": ("데이터 기준일이 5년 넘게 지남", "The data is over 5 years old"),
    "unknown_pixels": ("화소수 미상", "Resolution unknown"),
    "unknown_retention": ("보관일수 미상", "Retention unknown"),
    "unknown_pose": ("촬영 방면 미상", "Direction unknown"),
    "no_cameras": ("카메라 대수가 0인 설치 지점", "A site with no camera"),
}
"""Warnings by code. `no_cameras` is about a site of the file that brings no camera and so is only counted at import."""

HEALTH_WORDS: dict[str, tuple[str, str]] = {
    "unknown": ("확인 안 됨", "Not checked"),
    "ok": ("정상", "Answers"),
    "slow": ("응답 느림", "Slow"),
    "dead": ("응답 없음", "No answer"),
    "password": ("비밀번호 거부됨", "Password refused"),
    "late": ("첫 화면이 늦음", "First picture late"),
    "frozen": ("화면이 멈춤", "Picture frozen"),
    "black": ("화면이 검음", "Picture black"),
}

POSE_SOURCE_WORDS: dict[str, tuple[str, str]] = {
    "survey": ("현장 조사", "Survey"),
    "vms": ("영상관리시스템", "Video management system"),
    "onvif": ("ONVIF", "ONVIF"),
    "simulated_survey": ("모의 조사(시연용)", "Simulated survey (demonstration)"),
}

TOWN_WORDS: dict[str, tuple[str, str]] = {
    "old": ("원도심", "Old town"),
    "new": ("신도시", "New town"),
}

WORDS: dict[str, tuple[str, str]] = {
    **{f"warning.{code}": words for code, words in WARNING_WORDS.items()},
    **{f"health.{code}": words for code, words in HEALTH_WORDS.items()},
    **{f"pose.{code}": words for code, words in POSE_SOURCE_WORDS.items()},
    **{f"town.{code}": words for code, words in TOWN_WORDS.items()},
}
"""All of them under one key each, for the vocabulary."""
