"""The course catalog (public, but a bad token is rejected) and the token's user."""

from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from openedx_api.authentication import BearerAuthentication

COURSES = {
    course_id: {
        "id": course_id,
        "course_id": course_id,
        "blocks_url": f"/api/courses/v2/blocks/?course_id={course_id}",
        "name": name,
        "org": org,
        "number": number,
        "short_description": "",
        "start": "2020-01-01T00:00:00Z",
        "end": None,
        "pacing": "instructor",
        "hidden": False,
    }
    for course_id, name, org, number in (
        ("course-v1:OpenedX+DemoX+DemoCourse", "Open edX Demo Course", "OpenedX", "DemoX"),
    )
}


class CourseListView(APIView):
    """All courses, as one page."""

    permission_classes = (AllowAny,)

    def get(self, request):
        """Results and pagination."""
        pagination = {"next": None, "previous": None, "count": len(COURSES), "num_pages": 1}
        return Response({"results": list(COURSES.values()), "pagination": pagination})


class CourseDetailView(APIView):
    """One course."""

    permission_classes = (AllowAny,)

    def get(self, request, course_id):
        """The course, or 404."""
        if course_id not in COURSES:
            raise NotFound({"developer_message": "Course not found."})
        return Response(COURSES[course_id])


class MeView(APIView):
    """The user of the token or of the browser's session."""

    authentication_classes = (BearerAuthentication, SessionAuthentication)
    permission_classes = (IsAuthenticated,)

    def get(self, request):
        """The username only, as in Open edX's response."""
        return Response({"username": request.user.username})
