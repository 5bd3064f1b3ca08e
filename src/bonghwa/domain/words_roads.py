"""Korean and English words of a road import: what was wrong with the files and what was done about it."""

DIRT_WORDS: dict[str, tuple[str, str]] = {
    "rejected": ("쓸 수 없어 버린 도로", "Roads that cannot be used, left out"),
    "zero_lengths": ("길이가 0 이하: 선형에서 다시 계산", "Length of zero or less: reckoned from the line"),
    "absurd_lengths": ("길이가 선형과 맞지 않음: 선형에서 다시 계산", "Length that does not fit the line: reckoned from the line"),
    "nodes_joined": ("파일에 없는 노드: 몇 미터 안의 노드로 연결", "Node not in the file: joined to one within a few metres"),
    "nodes_made": ("파일에 없는 노드: 도로 끝에 새로 만듦", "Node not in the file: made where the road ends"),
    "loose_ends": ("도로 끝이 노드에 닿지 않음: 이어 붙임", "Line that stops short of its node: drawn up to it"),
    "duplicates": ("중복된 도로: 하나만 남김", "The same road twice: one kept"),
    "loops_cut": ("같은 노드로 돌아오는 도로: 가운데에서 나눔", "Road back to its own node: cut in the middle"),
    "loops_dropped": ("너무 짧은 고리: 버림", "Loop too short to matter: left out"),
    "joined": ("끊긴 도로를 다른 도로에 연결", "Dead ends joined to a road of another part"),
    "split": ("연결하려고 나눈 도로", "Roads split for such a join"),
    "parts_before": ("연결 전 서로 떨어진 부분", "Parts that did not touch, before joining"),
    "parts": ("남은 서로 떨어진 부분", "Parts that do not touch"),
}
"""What `RoadDirt` counts, by field."""
