package demo

// topic is one of the bank's topics. In its questions N, M and K stand for
// small whole numbers.
type topic struct {
	id        string
	subject   int // exam_id on the platform
	questions [2]string
}

// subjects are the exams: exam_id doubles as the subject's id.
const (
	algebra = iota + 1
	geometry
	chance
	science
)

var subjects = []int{algebra, geometry, chance, science}

var topics = []topic{
	{"algebra.linear", algebra, [2]string{
		"Solve for x: {N}x + {M} = {K}.",
		"A taxi costs {N} dollars plus {M} dollars per kilometre. What does a ride of {K} km cost?"}},
	{"algebra.quadratic", algebra, [2]string{
		"Find both roots of (x − {N})(x + {M}) = 0.",
		"What is the vertex of y = (x − {N})² + {M}?"}},
	{"algebra.inequality", algebra, [2]string{
		"Which x satisfy {N}x − {M} > {K}?",
		"How many whole numbers x satisfy |x − {N}| ≤ {M}?"}},
	{"algebra.function", algebra, [2]string{
		"Let f(x) = {N}x − {M}. What is f({K})?",
		"Let f(x) = x + {N} and g(x) = {M}x. What is g(f({K}))?"}},
	{"algebra.sequence", algebra, [2]string{
		"An arithmetic sequence starts at {N} and grows by {M}. What is its term number {K}?",
		"Find the sum of the first {K} terms of {N}, {N}+{M}, {N}+2·{M}, …"}},
	{"기하.삼각형", geometry, [2]string{
		"밑변이 {N} cm, 높이가 {M} cm인 삼각형의 넓이를 구하시오.",
		"두 변의 길이가 {N} cm, {M} cm인 이등변삼각형의 둘레를 모두 구하시오."}},
	{"기하.원", geometry, [2]string{
		"반지름이 {N} cm인 원의 둘레와 넓이를 구하시오.",
		"반지름이 {N} cm, 중심각이 {M}0°인 부채꼴의 호의 길이를 구하시오."}},
	{"기하.피타고라스", geometry, [2]string{
		"직각을 낀 두 변이 {N} cm, {M} cm인 직각삼각형의 빗변을 구하시오.",
		"가로 {N} m, 세로 {M} m인 직사각형 운동장의 대각선 길이를 구하시오."}},
	{"기하.닮음", geometry, [2]string{
		"닮음비가 {N} : {M}인 두 삼각형의 넓이의 비를 구하시오.",
		"높이 {N} m인 나무의 그림자가 {M} m일 때, 높이 {K} m인 탑의 그림자 길이를 구하시오."}},
	{"기하.입체도형", geometry, [2]string{
		"밑면의 반지름이 {N} cm, 높이가 {M} cm인 원기둥의 부피를 구하시오.",
		"모서리가 각각 {N} cm, {M} cm, {K} cm인 직육면체의 겉넓이를 구하시오."}},
	{"확률.경우의수", chance, [2]string{
		"티셔츠 {N}벌과 바지 {M}벌로 만들 수 있는 옷차림은 몇 가지인가?",
		"학생 {K}명 중에서 반장과 부반장을 뽑는 경우의 수를 구하시오."}},
	{"확률.조건부", chance, [2]string{
		"흰 공 {N}개와 검은 공 {M}개에서 공을 두 번 꺼낼 때, 첫 공이 희면 둘째 공도 흴 확률을 구하시오.",
		"불량률이 {N}%인 기계에서 만든 제품 {K}개를 검사할 때, 불량품이 하나라도 있을 확률을 구하시오."}},
	{"확률.기댓값", chance, [2]string{
		"제비 {K}개 중 당첨 제비가 {N}개이고 상금이 {M}만 원일 때, 상금의 기댓값을 구하시오.",
		"주사위의 눈에 {N}배의 점수를 줄 때, 점수의 기댓값을 구하시오."}},
	{"통계.평균", chance, [2]string{
		"세 수 {N}, {M}, {K}의 평균을 구하시오.",
		"{N}명의 평균이 {M}점, {K}명의 평균이 {N}점일 때, 전체의 평균을 구하시오."}},
	{"통계.분산", chance, [2]string{
		"세 수 {N}, {M}, {K}의 분산을 구하시오.",
		"자료의 모든 값에 {N}을 곱하고 {M}을 더하면 표준편차는 어떻게 되는가?"}},
	{"physics.motion", science, [2]string{
		"A train moves at {N} m/s for {M} s and then at {K} m/s for {M} s. How far does it go?",
		"A cyclist speeds up from rest to {N} m/s in {M} s. What is the mean acceleration?"}},
	{"physics.circuit", science, [2]string{
		"Resistors of {N} Ω and {M} Ω are in series across {K} V. What current flows?",
		"Resistors of {N} Ω and {M} Ω are in parallel. What is their total resistance?"}},
	{"chemistry.mole", science, [2]string{
		"How many moles are {N}{M} g of water?",
		"How many grams of NaCl make {N} L of a {M} mol/L solution?"}},
	{"biology.genetics", science, [2]string{
		"Two Aa parents have {N}{M} children. How many are expected to be aa?",
		"Of {N}00 plants from AaBb × AaBb, how many are expected to show both recessive traits?"}},
	{"earth.climate", science, [2]string{
		"Air cools by 6.5 °C per km. It is {N}{M} °C at sea level: what is it at {K} km?",
		"A glacier retreats {N} m a year. How far has it retreated in {M}{K} years?"}},
}
