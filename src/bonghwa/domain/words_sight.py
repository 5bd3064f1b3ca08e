"""Korean and English sentences for why a camera was chosen and what nobody sees. `str.format` with the reason's values."""

WORDS: dict[str, tuple[str, str]] = {
    # why this camera
    "faces_scene": ("현장 정면, {m} m, 1 m에 {px} 픽셀", "Facing the scene, {m} m, {px} pixels a metre"),
    "faces_scene_whole": (
        "현장을 향함, {m} m, 사람은 보이나 얼굴은 아님 ({px} px/m)",
        "Facing the scene, {m} m: people show, not faces ({px} px/m)",
    ),
    "faces_scene_far": ("현장 쪽이나 멂, {m} m ({px} px/m)", "Facing it, but far: {m} m ({px} px/m)"),
    "may_see_scene": (
        "방면 미상: {m} m, 현장을 볼 가능성 약 {percent} %",
        "Direction unknown: {m} m, about {percent} % chance to show the scene",
    ),
    "said_all_round": (
        "자료상 360도 전방면(확인 안 됨), {m} m, 현장을 볼 가능성 약 {percent} %",
        "Listed as all-round (unchecked), {m} m, about {percent} % chance to show the scene",
    ),
    "scene_not_in_view": ("현장은 화각 밖, 주변을 봄 ({m} m)", "The scene is out of its view; it shows the surroundings ({m} m)"),
    "scene_out_of_reach": ("방면 미상, 현장까지는 닿지 않음 ({m} m)", "Direction unknown, and the scene is out of its reach ({m} m)"),
    "sees_exit": ("나가는 길 {road}({direction_ko})을 봄", "Shows the way out by {road} ({direction_en})"),
    "sees_exit_unnamed": ("{direction_ko}쪽 나가는 길을 봄", "Shows the way out to the {direction_en}"),
    "may_see_exit": (
        "방면 미상, 나가는 길 {road}({direction_ko})을 볼 수 있음",
        "Direction unknown; may show the way out by {road} ({direction_en})",
    ),
    "may_see_exit_unnamed": (
        "방면 미상, {direction_ko}쪽 나가는 길을 볼 수 있음",
        "Direction unknown; may show the way out to the {direction_en}",
    ),
    "sees_directions": ("현장 주변 {directions_ko}쪽을 봄", "Shows around the scene: {directions_en}"),
    "one_head_of_pole": ("같은 기둥의 카메라 중 하나", "One of the cameras on its pole"),
    "can_turn": ("회전형: 소유 관제센터가 돌릴 수 있음", "Can be turned by its owner's room"),
    "answers_slowly": ("응답이 느림", "Answers slowly"),
    "night": ("야간: 화질이 낮게 계산됨", "Night: its picture counts for less"),
    "only_near": ("가까운 카메라 ({m} m)", "A camera nearby ({m} m)"),
    "stands": ("현장의 {direction_ko}쪽 {m} m에 있음", "Stands {m} m to the {direction_en} of the scene"),
    # what nobody sees
    "no_camera_within": (
        "반경 {radius_m} m 안에 열 수 있는 카메라가 없음. 가장 가까운 카메라: {camera}, {m} m",
        "No camera that may be opened within {radius_m} m. The nearest: {camera}, {m} m",
    ),
    "no_camera": ("열 수 있는 카메라가 없음 (반경 {radius_m} m)", "There is no camera that may be opened (radius {radius_m} m)"),
    "few_cameras_within": (
        "반경 {radius_m} m 안에 열 수 있는 카메라가 {n}대뿐. 그 밖에서 가장 가까운 카메라: {camera}, {m} m",
        "Only {n} cameras may be opened within {radius_m} m. The nearest beyond: {camera}, {m} m",
    ),
    "few_cameras": ("열 수 있는 카메라가 {n}대뿐 (반경 {radius_m} m)", "Only {n} cameras may be opened (radius {radius_m} m)"),
    "scene_unseen": ("현장 자체를 보는 카메라가 없음", "No camera shows the scene itself"),
    "scene_uncertain": (
        "현장이 확실히 보이는 카메라가 없음 (가능성 약 {percent} %)",
        "No camera is sure to show the scene (chance about {percent} %)",
    ),
    "direction_unseen": ("안 보임: {direction_ko}", "Not seen: {direction_en}"),
    "direction_uncertain": ("방면 미상: {direction_ko}쪽이 보이는지 확실하지 않음", "Uncertain: {direction_en}, directions unknown"),
    "exit_unseen": ("나가는 길 {road}({direction_ko}) 안 보임", "Way out not seen: {road} ({direction_en})"),
    "exit_unseen_unnamed": ("{direction_ko}쪽 나가는 길 안 보임", "Way out to the {direction_en} not seen"),
    "exit_uncertain": ("나가는 길 {road}({direction_ko}) 확실하지 않음", "Way out uncertain: {road} ({direction_en})"),
    "exit_uncertain_unnamed": ("{direction_ko}쪽 나가는 길 확실하지 않음", "Way out to the {direction_en} uncertain"),
}
