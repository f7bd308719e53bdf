"""Events that livemon tells by itself, and the local model's, in Korean, by the English as in korean/said.py."""

from __future__ import annotations

EVENTS = {
    "Camera is offline": "카메라가 오프라인입니다",
    "Camera is back": "카메라가 돌아왔습니다",
    "Footage is missing": "녹화가 빠져 있습니다",
    "{0}: back; nothing was recorded for {1} min {2} s.": "{0}: 돌아왔습니다. {1}분 {2}초 동안 녹화되지 않았습니다.",
    "{0}: back; nothing was recorded for {1} s.": "{0}: 돌아왔습니다. {1}초 동안 녹화되지 않았습니다.",
    "{0}: back; no footage is missing.": "{0}: 돌아왔습니다. 빠진 녹화는 없습니다.",
    "{0}: nothing was recorded for {1} min {2} s.": "{0}: {1}분 {2}초 동안 녹화되지 않았습니다.",
    "{0}: nothing was recorded for {1} s.": "{0}: {1}초 동안 녹화되지 않았습니다.",
    "livemon ended without stopping the camera.": "livemon이 카메라를 멈추지 않고 끝났습니다.",
    "{0} is skipped": "{0}을(를) 건너뜁니다",
    "The disk is full": "디스크가 가득 찼습니다",
    "There is room on the disk": "디스크에 공간이 있습니다",
    "Footage is kept again": "다시 녹화를 보관합니다",
    "Nothing is left to delete": "더 지울 것이 없습니다",
    "{0} GB are free.": "빈 공간 {0} GB.",
    "There is enough room again; everything is recorded and kept as set.": "다시 공간이 충분해 설정대로 녹화하고"
    " 보관합니다.",
    "Caches are emptied, the oldest first; nothing recorded is lost.": "오래된 캐시부터 비웁니다. 녹화는 그대로입니다.",
    "Live segments that are archived are kept for ten minutes only; nothing recorded is lost.": "보관을 마친 실시간 조각은"
    " 10분만 둡니다. 녹화는 그대로입니다.",
    "The oldest archives that are not pinned are deleted.": "고정하지 않은 가장 오래된 녹화부터 지웁니다.",
    "Nothing more can be deleted: only the live picture goes on, footage is not kept.": "더 지울 것이 없어 실시간 화면만"
    " 이어지고 녹화는 보관하지 않습니다.",
    "Nothing more can be deleted: {0}.": "더 지울 것이 없습니다: {0}.",
    "Unpin some, free space, or lower min_free_gb.": "고정을 풀거나 공간을 비우거나 min_free_gb를 낮추세요.",
    "There is no report of {0}": "{0}의 보고서가 없습니다",
    "Budget: step {0} of 4": "예산: 4단계 중 {0}단계",
    "Budget: enough again": "예산: 다시 충분합니다",
    "The budget of {0} runs out.": "{0} 예산이 거의 바닥났습니다.",
    "The budget of {0} is spent.": "{0} 예산을 모두 썼습니다.",
    "{0} of the {1} of {2} are spent.": "{2} {1} 중 {0}을(를) 썼습니다.",
    "The camera {0} until there is money again.": "다시 예산이 생길 때까지 카메라는 {0}.",
    "The camera {0}.": "카메라는 {0}.",
    "The {0} prompt cannot be used": "{0} 프롬프트를 쓸 수 없습니다",
    "No money for a call": "물어볼 예산이 없습니다",
    "The model does not answer": "모델이 응답하지 않습니다",
    "The model answers again": "모델이 다시 응답합니다",
    "{0} looks.": "{0}이(가) 살핍니다.",
    "Meanwhile {0} looks instead.": "그동안 {0}이(가) 대신 살핍니다.",
    "Meanwhile nobody looks.": "그동안 아무도 살피지 않습니다.",
    "A {0} failed: {1}": "{0} 실패: {1}",
    "Studies at half price are late": "반값 분석이 늦어지고 있습니다",
    "Studies go to standard for an hour, at twice the price.": "한 시간 동안 분석을 두 배 값의 표준 등급으로 요청합니다.",
    "{0} looks in {1} h, {2} windows": "{1}시간에 살핌 {0}번, 구간 {2}개",
    "{0} looks in {1} h, {2} of the windows assumed to move": "{1}시간에 살핌 {0}번, 구간의 {2}에 움직임이 있다고 가정",
    "What happened meanwhile is unknown.": "그동안 무슨 일이 있었는지는 알 수 없습니다.",
    "look": "살핌",
    "study": "분석",
    "The clock may be wrong": "시계가 틀렸을 수 있습니다",
    "This computer's clock is {0} minutes ahead of the model's server: set it right.": "이 컴퓨터의 시계가 모델 서버보다"
    " {0}분 빠릅니다. 맞추세요.",
    "This computer's clock is {0} minutes behind of the model's server: set it right.": "이 컴퓨터의 시계가 모델 서버보다"
    " {0}분 느립니다. 맞추세요.",
}

LOCAL_MODEL = {
    "Something moved": "무언가 움직였습니다",
    "What it was, this simple motion model cannot say.": "무엇이었는지는 이 단순한 움직임 모델이 알 수 없습니다.",
    "Something person-sized came into view": "사람 크기의 무언가가 나타났습니다",
    "Somebody seems to be in the picture": "누군가 화면에 있는 것 같습니다",
    "Something person-sized went out of view": "사람 크기의 무언가가 사라졌습니다",
    "This is a simple motion model: it cannot tell a person from a large pet.": "단순한 움직임 모델이라 사람과 큰"
    " 반려동물을 구별하지 못합니다.",
    "Possible fall: upright, then low, and stayed low": "넘어졌을 수 있음: 서 있다가 낮아진 뒤 그대로입니다",
    "Lying down quickly on purpose looks the same to this simple motion model.": "이 단순한 움직임 모델에는 일부러 빨리"
    " 눕는 것도 똑같이 보입니다.",
    "Please look at the pictures.": "사진을 봐 주세요.",
    "The picture is dark": "화면이 어둡습니다",
    "Nothing can be seen, so nothing can be said of the room.": "아무것도 보이지 않아 방에 대해 말할 수 없습니다.",
    "The camera may be covered or out of focus": "카메라가 가려졌거나 초점이 맞지 않을 수 있습니다",
    "The fine detail that this camera usually shows is gone.": "이 카메라에 평소 보이던 세밀한 부분이 없습니다.",
    "The picture may be frozen": "화면이 멈췄을 수 있습니다",
    "A camera that shows no noise where it did before often repeats an old picture.": "전에 있던 노이즈가 없는 카메라는"
    " 옛 화면을 되풀이하는 때가 많습니다.",
    "The light changed": "밝기가 바뀌었습니다",
    "A lamp, the sun or the camera's exposure: the model cannot tell which.": "전등인지 햇빛인지 카메라의 노출인지 이"
    " 모델은 알 수 없습니다.",
    "Up to {0} of the picture changed from one frame to the next.": "프레임 사이에 화면의 {0}까지 바뀌었습니다.",
    "Something large passed through the picture without stopping.": "큰 무언가가 멈추지 않고 화면을 지나갔습니다.",
    "It appeared over the edge of the picture.": "화면 가장자리에서 나타났습니다.",
    "It disappeared over the edge of the picture.": "화면 가장자리로 사라졌습니다.",
    "It appeared inside the picture, as through a door.": "화면 안에서, 문으로 들어온 듯 나타났습니다.",
    "It disappeared inside the picture, as through a door.": "화면 안에서, 문으로 나간 듯 사라졌습니다.",
    "The model sees this room for the first time and is less sure.": "모델이 이 방을 처음 보아 덜 확실합니다.",
    "An upright figure was recognised among what moves; it was there when this look began.": "움직이는 것 가운데 서 있는"
    " 모습을 알아보았습니다. 처음부터 있었습니다.",
    "It has been in view since it came.": "나타난 뒤로 계속 보입니다.",
    "Something upright was low {0} s later and stayed low for at least 2 s.": "서 있던 것이 {0}초 뒤에 낮아져 2초 이상"
    " 그대로였습니다.",
    "The whole picture became {0} % {1}.": "화면 전체가 {0}% {1}.",
    "brighter": "밝아졌습니다",
    "darker": "어두워졌습니다",
    "The whole picture moves: the camera itself, or something right before it.": "화면 전체가 움직입니다. 카메라나 바로 앞의"
    " 무언가입니다.",
    "Several things move at once.": "여러 가지가 한꺼번에 움직입니다.",
    "Mean brightness is {0} of 255.": "평균 밝기는 255 중 {0}입니다.",
    "The picture was dark and can be seen again.": "어두웠던 화면이 다시 보입니다.",
    "{0} of the frames repeat the one before, pixel for pixel.": "프레임의 {0}가 앞 프레임과 픽셀까지 같습니다.",
}

SENTENCES = {**EVENTS, **LOCAL_MODEL}
